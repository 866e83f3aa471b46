"""What owners and grantees are called in answers: by their canonical ids, and those who keep the old ways by name, too.

AWS sent DisplayName until November 2025, and programs of before ask for it: an account that keeps the defaults of
before April 2023 (`watchword accounts s3-defaults --old`) is shown with its name. Nobody else's name is told.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
"""

from __future__ import annotations

from watchword.directory.directory import Directory
from watchword.services.s3 import shapes
from watchword.services.s3.names import canonical_user_id


def keeps_old_ways(account: str, directory: Directory) -> bool:
    """True for an account with the defaults of before April 2023."""
    settings = directory.s3_accounts.get(account)
    return settings is not None and settings.has_old_defaults


class Owners(dict[str, shapes.Owner]):
    """Accounts as the owners of buckets and objects, each found once for one answer."""

    def __init__(self, directory: Directory) -> None:
        super().__init__()
        self._directory = directory

    def __missing__(self, account: str) -> shapes.Owner:
        known = self._directory.accounts.get(account) if keeps_old_ways(account, self._directory) else None
        shown = shapes.Owner(id=canonical_user_id(account), display_name=None if known is None else known.name)
        self[account] = shown
        return shown
