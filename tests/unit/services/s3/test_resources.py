"""What a decision about an S3 request is taken on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from watchword.core.ids import AccountId
from watchword.directory.access_points import AccessPoint
from watchword.directory.buckets import BUCKET_SETTINGS, OBJECTS, VERSIONS, Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import RecordType, Transaction
from watchword.directory.uploads import ASSEMBLIES, UPLOAD_PARTS, UPLOADS
from watchword.gateway.authenticate import ANONYMOUS
from watchword.services.s3 import shapes
from watchword.services.s3.resources import OF_ACCOUNTS, RESOLVERS
from watchword.storage.memory import MemoryStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = AccountId("1" * 12)
ALIAS = "point-abcdefghijklmnopqrstuvwxyz0123456789-s3alias"
OF_NOBODY = (OBJECTS, VERSIONS, UPLOADS, UPLOAD_PARTS, ASSEMBLIES, BUCKET_SETTINGS)
REQUESTS: dict[str, Callable[[str], Any]] = {
    "none": lambda name: shapes.ListBucketsRequest(),
    "new_bucket": lambda name: shapes.CreateBucketRequest(bucket=name),
    "bucket": lambda name: shapes.HeadBucketRequest(bucket=name),
    "object_place": lambda name: shapes.PutObjectRequest(bucket=name, key="k"),
    "source_bucket": lambda name: shapes.CopyObjectRequest(bucket="bucket", key="copy", copy_source=f"{name}/k"),
    "stored_object": lambda name: shapes.GetObjectRequest(bucket=name, key="k"),
}


class OfAccounts:
    """A transaction that refuses to show what belongs to no account."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def collection(self, record_type: RecordType[Any]) -> Any:
        if record_type in OF_NOBODY:
            raise LookupError(record_type.kind)
        return self._transaction.collection(record_type)


def resolve(name: str, bucket: str) -> Any:
    store = MemoryStore()

    def add(transaction: Transaction) -> None:
        directory = Directory(transaction)
        directory.buckets.add(
            Bucket(name="bucket", account=ACCOUNT, region="us-east-1", created_at=NOW, ownership=None)
        )
        directory.objects.add(StoredObject(bucket="bucket", key="k", blob="", size=0, etag="", modified_at=NOW))
        directory.access_points.add(
            AccessPoint(
                account=ACCOUNT,
                name="point",
                region="us-east-1",
                alias=ALIAS,
                bucket="bucket",
                bucket_account=ACCOUNT,
                created_at=NOW,
            )
        )

    store.write(add)
    with store.read() as snapshot:
        only: Any = OfAccounts(snapshot)
        return RESOLVERS[name](REQUESTS[name](bucket), Directory(only), ANONYMOUS.caller)


@pytest.mark.parametrize("bucket", ["bucket", ALIAS])
@pytest.mark.parametrize("name", sorted(OF_ACCOUNTS))
def test_what_stands_as_long_as_accounts_do_is_read_from_nothing_else(name: str, bucket: str) -> None:
    assert resolve(name, bucket) is not None


def test_what_is_read_of_an_object_does_not_stand_without_it() -> None:
    with pytest.raises(LookupError, match="object"):
        resolve("stored_object", "bucket")
