"""s3fs: a tree there and back, a large file in blocks, appending, globbing, moving, removing. ENDPOINT BUCKET SIZE."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import s3fs


def main(endpoint: str, bucket: str, size: int) -> None:
    there = s3fs.S3FileSystem(client_kwargs={"endpoint_url": endpoint})
    root = f"{bucket}/s3fs"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bodies = {f"{number % 5}/{number}": os.urandom(number * 997) for number in range(200)}
        for path, body in bodies.items():
            (folder / "up" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "up" / path).write_bytes(body)
        there.put(f"{folder}/up/", f"{root}/tree/", recursive=True)
        there.get(f"{root}/tree/", f"{folder}/down/", recursive=True)
        assert {p: (folder / "down" / p).read_bytes() for p in bodies} == bodies
        assert sorted(there.find(f"{root}/tree")) == sorted(f"{root}/tree/{path}" for path in bodies)
        assert sorted(there.glob(f"{root}/tree/3/*8")) == sorted(
            f"{root}/tree/{path}" for path in bodies if path.startswith("3/") and path.endswith("8")
        )
    large = os.urandom(size)
    with there.open(f"{root}/large", "wb", block_size=8 * 2**20) as file:
        for start in range(0, size, 3_000_001):
            file.write(large[start : start + 3_000_001])
    with there.open(f"{root}/large", "rb") as file:
        file.seek(size // 2)
        assert file.read(1000) == large[size // 2 : size // 2 + 1000]
    assert there.cat_file(f"{root}/large") == large
    with there.open(f"{root}/large", "ab") as file:
        file.write(b"the end")
    assert there.tail(f"{root}/large", 7) == b"the end"
    there.mv(f"{root}/large", f"{root}/moved")
    assert there.info(f"{root}/moved")["size"] == size + 7
    assert not there.exists(f"{root}/large")
    there.rm(root, recursive=True)
    there.invalidate_cache()
    assert there.find(root) == []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
