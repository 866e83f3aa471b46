"""AWS Identity and Access Management: users, groups, roles, policies, access keys. One file a resource."""

from watchword.services.iam import (
    access_keys,
    account,
    attachments,
    authorization_details,
    boundaries,
    groups,
    inline_policies,
    instance_profiles,
    managed_policies,
    policy_entities,
    policy_versions,
    roles,
    simulation,
    tagging,
    users,
)

__all__ = [
    "access_keys",
    "account",
    "attachments",
    "authorization_details",
    "boundaries",
    "groups",
    "inline_policies",
    "instance_profiles",
    "managed_policies",
    "policy_entities",
    "policy_versions",
    "roles",
    "simulation",
    "tagging",
    "users",
]
