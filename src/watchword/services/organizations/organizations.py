"""The organization itself: made by its management account, ended by it when it is alone.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

from watchword.core.ids import RandomBytes
from watchword.directory.directory import Directory
from watchword.directory.organizations import SCP, Member, Organization
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.errors import AlreadyInOrganizationException, OrganizationNotEmptyException
from watchword.services.organizations.lookups import account_arn, managed_organization, new_id, own_organization


def organization_view(directory: Directory, organization: Organization) -> shapes.Organization:
    """An organization as the API shows it. The policy types that it names say nothing of what is enabled, as at AWS."""
    manager = organization.management_account
    account = directory.accounts.get(manager)
    types = [shapes.PolicyTypeSummary(type=SCP, status="ENABLED")] if organization.feature_set == "ALL" else []
    return shapes.Organization(
        id=organization.id,
        arn=organization.arn,
        feature_set=organization.feature_set,
        master_account_arn=account_arn(organization, manager),
        master_account_id=manager,
        master_account_email=account.email if account else None,
        available_policy_types=types,
    )


def root_view(organization: Organization) -> shapes.Root:
    """The root as the API shows it."""
    return shapes.Root(
        id=organization.root_id,
        arn=organization.root_arn,
        name="Root",
        policy_types=[shapes.PolicyTypeSummary(type=each, status="ENABLED") for each in organization.policy_types],
    )


@operation("organizations:CreateOrganization", writes=True)
def create_organization(
    call: Call[shapes.CreateOrganizationRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateOrganizationResponse:
    """Make the caller's account the management account of a new organization.

    Raises AlreadyInOrganizationException.
    """
    if directory.members.get(call.account) is not None:
        raise AlreadyInOrganizationException("The provided account is already a member of an organization.")
    organization = Organization(
        id=new_id("o-", 10, random_bytes),
        root_id=new_id("r-", 4, random_bytes),
        management_account=call.account,
        created_at=call.now,
        feature_set=call.request.feature_set or "ALL",
    )
    directory.organizations.add(organization)
    directory.members.add(
        Member(
            account=call.account,
            organization=organization.id,
            parent_id=organization.root_id,
            joined_method="INVITED",
            joined_at=call.now,
        )
    )
    return shapes.CreateOrganizationResponse(organization=organization_view(directory, organization))


@operation("organizations:DescribeOrganization")
def describe_organization(call: Call[object], directory: Directory) -> shapes.DescribeOrganizationResponse:
    """Describe the organization that the caller's account is in."""
    return shapes.DescribeOrganizationResponse(
        organization=organization_view(directory, own_organization(call, directory))
    )


@operation("organizations:DeleteOrganization", writes=True)
def delete_organization(call: Call[object], directory: Directory) -> None:
    """End the organization and all its policies. Raises OrganizationNotEmptyException."""
    organization = managed_organization(call, directory)
    members = list(directory.members.where("organization", organization.id, limit=2))
    if len(members) > 1 or next(directory.organizational_units.under(organization.id), None) is not None:
        raise OrganizationNotEmptyException(
            "To delete an organization you must first remove all member accounts (except the master)."
        )
    for target in list(directory.policy_targets.under(organization.id)):
        directory.policy_targets.remove(target)
    for policy in list(directory.control_policies.under(organization.id)):
        directory.control_policies.remove(policy)
    for creation in list(directory.account_creations.under(organization.id)):
        directory.account_creations.remove(creation)
    directory.members.remove(members[0])
    directory.organizations.remove(organization)


@operation("organizations:ListRoots")
def list_roots(call: Call[shapes.ListRootsRequest], directory: Directory) -> shapes.ListRootsResponse:
    """The one root."""
    page = call.paged([managed_organization(call, directory)], lambda organization: organization.root_id)
    return shapes.ListRootsResponse(roots=[root_view(each) for each in page.rows], next_token=page.marker)
