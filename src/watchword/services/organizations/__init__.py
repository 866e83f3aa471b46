"""AWS Organizations: accounts in a tree, and the control policies that stand over them."""

from watchword.services.organizations import (
    account_creations,
    accounts,
    attachments,
    children,
    organizations,
    policies,
    policy_types,
    tagging,
    units,
)

__all__ = [
    "account_creations",
    "accounts",
    "attachments",
    "children",
    "organizations",
    "policies",
    "policy_types",
    "tagging",
    "units",
]
