"""Parquet on S3: written by pyarrow and by polars, scanned by the other with a predicate. ENDPOINT BUCKET ROWS."""

from __future__ import annotations

import os
import sys

import polars as pl
import pyarrow as pa
from pyarrow import compute, dataset, fs, parquet


def main(endpoint: str, bucket: str, rows: int) -> None:
    scheme, _, address = endpoint.partition("://")
    arrow = fs.S3FileSystem(endpoint_override=address, scheme=scheme, region="us-east-1")
    table = pa.table(
        {
            "number": pa.array(range(rows)),
            "group": pa.array([number % 7 for number in range(rows)]),
            "text": pa.array([f"row {number * 2654435761 % 1000003}" for number in range(rows)]),
        }
    )
    dataset.write_dataset(
        table, f"{bucket}/arrow", filesystem=arrow, format="parquet", partitioning=["group"], partitioning_flavor="hive"
    )
    expected = table.filter((compute.field("group") == 3) & (compute.field("number") > rows // 2))
    options = {
        "aws_endpoint_url": endpoint,
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
        "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
    }
    scanned = (
        pl.scan_parquet(f"s3://{bucket}/arrow/**/*.parquet", storage_options=options, hive_partitioning=True)
        .filter((pl.col("group") == 3) & (pl.col("number") > rows // 2))
        .sort("number")
        .collect()
    )
    assert scanned["number"].to_list() == expected["number"].to_pylist()
    assert scanned["text"].to_list() == expected["text"].to_pylist()
    pl.DataFrame(table).write_parquet(f"s3://{bucket}/polars.parquet", storage_options=options)
    pl.LazyFrame(table).sink_parquet(f"s3://{bucket}/sunk.parquet", storage_options=options)
    for name in ("polars", "sunk"):
        back = parquet.read_table(f"{bucket}/{name}.parquet", filesystem=arrow)
        assert back["text"].to_pylist() == table["text"].to_pylist()
        part = parquet.read_table(
            f"{bucket}/{name}.parquet", filesystem=arrow, columns=["number"], filters=[("number", "<", 10)]
        )
        assert part["number"].to_pylist() == list(range(min(10, rows)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
