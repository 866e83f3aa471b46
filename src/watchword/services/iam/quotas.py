"""How much of everything an account may hold: AWS's default quotas, with its sentences.

Sizes are in characters and leave out white space.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from dataclasses import dataclass

from watchword.services.iam.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Quota:
    """A bound on how many there may be, or on how long something may be."""

    name: str
    """As LimitExceeded prints it."""
    limit: int

    def check(self, held: int) -> None:
        """Refuse one more than `held`. Raises LimitExceeded."""
        if held >= self.limit:
            raise LimitExceeded(f"Cannot exceed quota for {self.name}: {self.limit}")

    def check_size(self, characters: int) -> None:
        """Refuse what is longer than the limit. Raises LimitExceeded."""
        if characters > self.limit:
            raise LimitExceeded(f"Cannot exceed quota for {self.name}: {self.limit}")


USERS = Quota("UsersPerAccount", 5_000)
GROUPS = Quota("GroupsPerAccount", 300)
ROLES = Quota("RolesPerAccount", 1_000)
POLICIES = Quota("PoliciesPerAccount", 1_500)
INSTANCE_PROFILES = Quota("InstanceProfilesPerAccount", 1_000)
GROUPS_PER_USER = Quota("GroupsPerUser", 10)
POLICIES_PER_USER = Quota("PoliciesPerUser", 10)
POLICIES_PER_GROUP = Quota("PoliciesPerGroup", 10)
POLICIES_PER_ROLE = Quota("PoliciesPerRole", 10)
MFA_DEVICES_PER_USER = Quota("MFADevicesPerUser", 8)
VIRTUAL_MFA_DEVICES = Quota("VirtualMFADevicesPerAccount", 5_000)
ACCESS_KEYS_PER_USER = Quota("AccessKeysPerUser", 2)
ROLES_PER_INSTANCE_PROFILE = Quota("InstanceSessionsPerInstanceProfile", 1)
POLICY_SIZE = Quota("PolicySize", 6_144)
TRUST_POLICY_SIZE = Quota("ACLSizePerRole", 2_048)

USER_INLINE_SIZE = 2_048
GROUP_INLINE_SIZE = 5_120
ROLE_INLINE_SIZE = 10_240
"""Sums over all inline policies of one holder; they have a sentence of their own."""
POLICY_VERSIONS_IN_USE = 10_000
SERVER_CERTIFICATES = 20
SIGNING_CERTIFICATES_PER_USER = 2
"""Quotas of what is not served yet, for GetAccountSummary."""

_WHITE_SPACE = " \t\r\n"


def size(document: str) -> int:
    """The characters of a policy document that count."""
    return len(document) - sum(map(document.count, _WHITE_SPACE))
