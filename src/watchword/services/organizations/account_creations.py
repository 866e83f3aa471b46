"""CreateAccount: a new account in the organization, with a role through which the management account gets in.

DIFFERS: 0005. The account is there when the call returns, so that no status shows IN_PROGRESS. What is refused late at
AWS (an address that is taken) is a status FAILED, as there.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from watchword.core.arn import root_arn
from watchword.core.errors import AlreadyExists
from watchword.core.ids import AccountId, RandomBytes, new_account_id, new_unique_id
from watchword.directory.accounts import Account
from watchword.directory.directory import Directory
from watchword.directory.organizations import AccountCreation, Member, Organization
from watchword.directory.policies import Attachment
from watchword.directory.roles import Role
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.attachments import attach_full_access
from watchword.services.organizations.errors import CreateAccountStatusNotFoundException
from watchword.services.organizations.faults import ACCOUNTS_MAX, violation
from watchword.services.organizations.lookups import managed_organization, new_id
from watchword.services.organizations.tagging import checked_tags

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


def status_view(creation: AccountCreation) -> shapes.CreateAccountStatus:
    """A creation as the API shows it."""
    return shapes.CreateAccountStatus(
        id=creation.id,
        account_name=creation.account_name,
        state=creation.state,
        requested_timestamp=creation.requested_at,
        completed_timestamp=creation.completed_at,
        account_id=creation.account,
        failure_reason=creation.failure_reason,
    )


@operation("organizations:CreateAccount", writes=True)
def create_account(
    call: Call[shapes.CreateAccountRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateAccountResponse:
    """Create an account under the root. Raises ConstraintViolationException."""
    asked = call.request
    organization = managed_organization(call, directory)
    tags = checked_tags(asked.tags, old=())
    if _is_full(directory, organization):
        raise violation("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
    creation = AccountCreation(
        organization=organization.id,
        id=new_id("car-", 32, random_bytes),
        account_name=asked.account_name,
        requested_at=call.now,
        state="SUCCEEDED",
        completed_at=call.now,
        account=new_account_id(random_bytes),
    )
    account_id = creation.account
    assert account_id is not None
    account = Account(id=account_id, name=asked.account_name, email=asked.email, created_at=call.now)
    try:
        directory.accounts.add(account)
    except AlreadyExists as taken:
        reason = "EMAIL_ALREADY_EXISTS" if taken.index == "email" else "INTERNAL_FAILURE"
        creation = msgspec.structs.replace(creation, state="FAILED", account=None, failure_reason=reason)
    else:
        member = Member(
            account=account_id,
            organization=organization.id,
            parent_id=organization.root_id,
            joined_method="CREATED",
            joined_at=call.now,
            tags=tags,
        )
        directory.members.add(member)
        attach_full_access(directory, organization, account_id)
        _add_access_role(call, directory, organization, account_id, random_bytes)
    directory.account_creations.add(creation)
    return shapes.CreateAccountResponse(create_account_status=status_view(creation))


def _is_full(directory: Directory, organization: Organization) -> bool:
    # Every member but the manager was once created, so members need counting only when many were.
    if directory.account_creations.count(organization.id) < ACCOUNTS_MAX - 1:
        return False
    return sum(1 for _ in directory.members.where("organization", organization.id)) >= ACCOUNTS_MAX


def _add_access_role(
    call: Call[shapes.CreateAccountRequest],
    directory: Directory,
    organization: Organization,
    account: AccountId,
    random_bytes: RandomBytes,
) -> None:
    principal = {"AWS": root_arn(organization.management_account)}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = Role(
        account=account,
        name=call.request.role_name or ACCESS_ROLE,
        path="/",
        id=new_unique_id("AROA", random_bytes),
        created_at=call.now,
        trust_policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    directory.roles.add(role)
    directory.attachments.add(
        Attachment(account=account, policy_arn=ADMINISTRATOR_POLICY, holder_kind="role", holder_id=role.id)
    )


@operation("organizations:DescribeCreateAccountStatus")
def describe_create_account_status(
    call: Call[shapes.DescribeCreateAccountStatusRequest], directory: Directory
) -> shapes.DescribeCreateAccountStatusResponse:
    """What became of a creation. Raises CreateAccountStatusNotFoundException."""
    organization = managed_organization(call, directory)
    creation = directory.account_creations.get(organization.id, call.request.create_account_request_id)
    if creation is None:
        raise CreateAccountStatusNotFoundException("You specified a create account request that doesn't exist.")
    return shapes.DescribeCreateAccountStatusResponse(create_account_status=status_view(creation))


@operation("organizations:ListCreateAccountStatus")
def list_create_account_status(
    call: Call[shapes.ListCreateAccountStatusRequest], directory: Directory
) -> shapes.ListCreateAccountStatusResponse:
    """List creations, those in certain states if asked."""
    organization = managed_organization(call, directory)
    page = call.paged(_creations(call, directory, organization), lambda creation: creation.id)
    return shapes.ListCreateAccountStatusResponse(
        create_account_statuses=[status_view(each) for each in page.rows], next_token=page.marker
    )


def _creations(
    call: Call[shapes.ListCreateAccountStatusRequest], directory: Directory, organization: Organization
) -> Iterator[AccountCreation]:
    after = (organization.id, call.after) if call.after is not None else None
    for creation in directory.account_creations.under(organization.id, after=after):
        if not call.request.states or creation.state in call.request.states:
            yield creation
