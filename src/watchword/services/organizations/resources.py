"""Finds what an Organizations request is about: ARNs of the caller's organization, with their tags.

Whatever is named is judged as belonging to the caller's account: only the management account gets further than that
(`lookups.managed_organization`), and for all others everything is as if it did not exist, so that members learn nothing
of it by the tags and types that their own policies may ask about.
Source: AWS's service authorization reference for Organizations.
"""

from __future__ import annotations

from typing import Any

from watchword.directory.control_policies import AWS_CONTROL_POLICIES, AwsControlPolicy, membership, policy_arn
from watchword.directory.directory import Directory
from watchword.directory.organizations import Organization
from watchword.services.authorization import Resolver, Resource
from watchword.services.call import Authenticated
from watchword.services.organizations.lookups import account_arn, arn_of, find_target, unit_arn


class OrganizationResource(Resource, frozen=True):
    """A resource with the type of policy that it is, if it is one."""

    policy_type: str = ""


def none(request: object, directory: Directory, caller: Authenticated) -> Resource:
    """Operations without a resource type."""
    return Resource("*", caller.account)


def _named(attribute: str) -> Resolver:
    """A root, unit or account, by the request's attribute."""

    def find(request: Any, directory: Directory, caller: Authenticated) -> Resource:
        found = membership(directory, caller.account)
        target_id: str = getattr(request, attribute)
        if target_id.startswith("p-"):
            return _policy(target_id, directory, caller)
        if found is None:
            return Resource("*", caller.account)
        _, organization = found
        is_manager = organization.management_account == caller.account
        target = find_target(directory, organization, target_id) if is_manager else None
        if target is None:
            return Resource(_arn(organization, target_id), caller.account)
        return Resource(target.arn, caller.account, target.tags)

    return find


def _arn(organization: Organization, target_id: str) -> str:
    """The ARN of something that does not exist."""
    if target_id.startswith("ou-"):
        return unit_arn(organization, target_id)
    if target_id.startswith("r-"):
        return f"arn:aws:organizations::{organization.management_account}:root/{organization.id}/{target_id}"
    return account_arn(organization, target_id)


def policy(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """A control policy."""
    return _policy(request.policy_id, directory, caller)


def _policy(policy_id: str, directory: Directory, caller: Authenticated) -> Resource:
    aws: AwsControlPolicy | None = AWS_CONTROL_POLICIES.get(policy_id)
    if aws is not None:
        return OrganizationResource(aws.arn, caller.account, policy_type=aws.type)
    found = membership(directory, caller.account)
    if found is None:
        return Resource("*", caller.account)
    organization = found[1]
    is_manager = organization.management_account == caller.account
    record = directory.control_policies.get(organization.id, policy_id) if is_manager else None
    if record is None:
        arn = policy_arn(organization, "service_control_policy", policy_id)
        return OrganizationResource(arn, caller.account)
    return OrganizationResource(arn_of(organization, record), caller.account, record.tags, policy_type=record.type)


def new_policy(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """A policy that is to be made: any of its type."""
    found = membership(directory, caller.account)
    if found is None:
        return Resource("*", caller.account)
    return Resource(policy_arn(found[1], request.type, "*"), caller.account)


_ATTRIBUTES: dict[str, str] = {
    "account": "account_id",
    "child": "child_id",
    "destination": "destination_parent_id",
    "parent": "parent_id",
    "resource": "resource_id",
    "root": "root_id",
    "source": "source_parent_id",
    "target": "target_id",
    "unit": "organizational_unit_id",
}
"""Resolvers of roots, units and accounts, and the request's attribute that names them."""
RESOLVERS: dict[str, Resolver] = {
    "none": none,
    "policy": policy,
    "new_policy": new_policy,
    **{name: _named(attribute) for name, attribute in _ATTRIBUTES.items()},
}
