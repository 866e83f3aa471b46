"""S3 access points: named ways into a bucket, each with a policy, a network and a block of public access of its own.

`ACCESS_POINTS` is keyed by account and name, so that a host name, which says no region, names one access point.
"""

from __future__ import annotations

from datetime import datetime

from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.buckets import PublicAccessBlock
from watchword.directory.ports import Record, RecordType


class AccessPoint(Record, frozen=True, omit_defaults=True):
    account: AccountId
    name: str
    region: str
    alias: str
    """What stands for it where only a bucket's name can; unique in the whole system."""
    bucket: str
    """The name of the bucket."""
    bucket_account: AccountId
    """Whose bucket it must be: one of the same name that another account makes later is not meant."""
    created_at: datetime
    vpc: str = ""
    """The only VPC that requests may come from; empty for the internet."""
    public_access: PublicAccessBlock = PublicAccessBlock()
    policy: str | None = None
    """The policy as it was submitted."""
    bound_policy: str = ""
    """The policy with unique ids for the users and roles that it names: what is evaluated. Empty: the same."""
    is_policy_public: bool = False
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return access_point_arn(self.region, self.account, self.name)

    @property
    def network_origin(self) -> str:
        """As `s3:AccessPointNetworkOrigin` has it."""
        return "VPC" if self.vpc else "Internet"


def access_point_arn(region: str, account: str, name: str) -> str:
    """The ARN of an access point."""
    return f"arn:aws:s3:{region}:{account}:accesspoint/{name}"


ACCESS_POINTS = RecordType(
    kind="access-point",
    type=AccessPoint,
    key=lambda point: (point.account, point.name),
    account=lambda point: point.account,
    unique={"alias": lambda point: (point.alias,)},
    indexes={"bucket": lambda point: [(point.bucket, point.account)]},
)
