"""What the operator sets for the S3 buckets that an account makes from now on.

AWS has made buckets without ACLs and with Block Public Access since April 2023. Tools and test suites that are older
expect the opposite; an account can be told to make them so.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from watchword.core.errors import OperatorError
from watchword.core.ids import AccountId
from watchword.directory.buckets import S3Account
from watchword.directory.directory import Directory
from watchword.directory.ports import Transaction
from watchword.server.bootstrap import open_store


def set_s3_defaults(data_dir: Path, account_id: str, *, old: bool) -> None:
    """Say how the new buckets of an account are made. A running server obeys at once. Raises OperatorError."""

    def change(transaction: Transaction) -> None:
        directory = Directory(transaction)
        if directory.accounts.get(account_id) is None:
            raise OperatorError(f"there is no account `{account_id}` in `{data_dir}`")
        settings = directory.s3_accounts.get(account_id)
        if settings is None:
            directory.s3_accounts.add(S3Account(account=AccountId(account_id), has_old_defaults=old))
        else:
            directory.s3_accounts.replace(replace(settings, has_old_defaults=old))

    store = open_store(data_dir)
    try:
        store.write(change)
    finally:
        store.close()
