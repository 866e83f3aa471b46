"""Member accounts: described, listed, moved, removed, closed.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.core.errors import ApiError
from watchword.directory.control_policies import organization_path
from watchword.directory.directory import Directory
from watchword.directory.organizations import Member, Organization
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.attachments import detach_everything
from watchword.services.organizations.errors import (
    AccountAlreadyClosedException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    MasterCannotLeaveOrganizationException,
    ParentNotFoundException,
    SourceParentNotFoundException,
)
from watchword.services.organizations.faults import violation
from watchword.services.organizations.lookups import account_arn, is_parent, managed_organization, member_of


def account_view(directory: Directory, organization: Organization, member: Member) -> shapes.Account:
    """An account as the API shows it."""
    account = directory.accounts.get(member.account)
    path = organization_path(directory, member.account)
    return shapes.Account(
        id=member.account,
        arn=account_arn(organization, member.account),
        email=account.email if account else None,
        name=account.name if account else None,
        status=member.status,
        state=member.status,
        paths=None if path is None else [f"{path}{member.account}/"],
        joined_method=member.joined_method,
        joined_timestamp=member.joined_at,
    )


@operation("organizations:DescribeAccount")
def describe_account(call: Call[shapes.DescribeAccountRequest], directory: Directory) -> shapes.DescribeAccountResponse:
    """Describe an account. Raises AccountNotFoundException."""
    organization = managed_organization(call, directory)
    member = member_of(directory, organization, call.request.account_id)
    return shapes.DescribeAccountResponse(account=account_view(directory, organization, member))


@operation("organizations:ListAccounts")
def list_accounts(call: Call[shapes.ListAccountsRequest], directory: Directory) -> shapes.ListAccountsResponse:
    """List all accounts by id."""
    organization = managed_organization(call, directory)
    after = None if call.after is None else (call.after,)
    page = call.paged(
        directory.members.where("organization", organization.id, after=after), lambda member: member.account
    )
    return shapes.ListAccountsResponse(
        accounts=[account_view(directory, organization, each) for each in page.rows], next_token=page.marker
    )


@operation("organizations:ListAccountsForParent")
def list_accounts_for_parent(
    call: Call[shapes.ListAccountsForParentRequest], directory: Directory
) -> shapes.ListAccountsForParentResponse:
    """List the accounts right under a root or unit. Raises ParentNotFoundException."""
    organization = managed_organization(call, directory)
    parent_id = call.request.parent_id
    if not is_parent(directory, organization, parent_id):
        raise no_parent()
    after = None if call.after is None else (call.after,)
    members = directory.members.where("parent", organization.id, parent_id, after=after)
    page = call.paged(members, lambda member: member.account)
    return shapes.ListAccountsForParentResponse(
        accounts=[account_view(directory, organization, each) for each in page.rows], next_token=page.marker
    )


def no_parent() -> ApiError:
    """There is no root or unit with the id that was given."""
    return ParentNotFoundException("You specified parent that doesn't exist.")


@operation("organizations:MoveAccount", writes=True)
def move_account(call: Call[shapes.MoveAccountRequest], directory: Directory) -> None:
    """Move an account to another parent.

    Raises AccountNotFoundException, SourceParentNotFoundException, DestinationParentNotFoundException,
    DuplicateAccountException.
    """
    asked = call.request
    organization = managed_organization(call, directory)
    member = member_of(directory, organization, asked.account_id)
    if not is_parent(directory, organization, asked.destination_parent_id):
        raise DestinationParentNotFoundException(
            "We can't find the destination container (a root or OU) that you specified."
        )
    if member.parent_id == asked.destination_parent_id:
        raise DuplicateAccountException("That account is already present in the specified destination.")
    if member.parent_id != asked.source_parent_id:
        raise SourceParentNotFoundException("We can't find a source root or OU that you specified.")
    directory.members.replace(replace(member, parent_id=asked.destination_parent_id))


@operation("organizations:RemoveAccountFromOrganization", writes=True)
def remove_account_from_organization(
    call: Call[shapes.RemoveAccountFromOrganizationRequest], directory: Directory
) -> None:
    """Let an account stand alone. Raises AccountNotFoundException, MasterCannotLeaveOrganizationException."""
    organization = managed_organization(call, directory)
    member = member_of(directory, organization, call.request.account_id)
    if member.account == organization.management_account:
        raise MasterCannotLeaveOrganizationException(
            "You can't remove a management account from an organization. If you want the management account to become "
            "a member account in another organization, you must first delete the current organization of the "
            "management account."
        )
    detach_everything(directory, organization, member.account)
    directory.members.remove(member)


@operation("organizations:CloseAccount", writes=True)
def close_account(call: Call[shapes.CloseAccountRequest], directory: Directory) -> None:
    """Close an account: from then on nobody of it is let in, whatever credentials they hold.

    Raises AccountNotFoundException, AccountAlreadyClosedException, ConstraintViolationException.
    """
    organization = managed_organization(call, directory)
    member = member_of(directory, organization, call.request.account_id)
    if member.account == organization.management_account:
        raise violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    account = directory.accounts.get(member.account)
    if account is None or account.closed_at is not None:
        raise AccountAlreadyClosedException("You attempted to close an account that is already closed.")
    directory.accounts.replace(replace(account, closed_at=call.now))
    directory.members.replace(replace(member, status="SUSPENDED"))
