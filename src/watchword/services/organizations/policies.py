"""Control policies: documents that the organization writes, and AWS's own beside them.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from watchword.core.errors import AlreadyExists, ApiError
from watchword.core.ids import RandomBytes
from watchword.directory.control_policies import AWS_CONTROL_POLICIES, AwsControlPolicy
from watchword.directory.directory import Directory
from watchword.directory.organizations import SCP, ControlPolicy, Organization, PolicyType
from watchword.policy.validate import MalformedPolicy, validate_control_policy
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.errors import (
    DuplicatePolicyException,
    MalformedPolicyDocumentException,
    PolicyInUseException,
)
from watchword.services.organizations.faults import CONTENT_CHARACTERS_MAX, POLICIES_MAX, invalid_input, violation
from watchword.services.organizations.lookups import arn_of, control_type, managed_organization, new_id, policy_of
from watchword.services.organizations.tagging import checked_tags
from watchword.services.resource_controls import rcp_services


def summary_view(organization: Organization, policy: ControlPolicy | AwsControlPolicy) -> shapes.PolicySummary:
    """A policy without its document."""
    return shapes.PolicySummary(
        id=policy.id,
        arn=arn_of(organization, policy),
        name=policy.name,
        description=policy.description,
        type=policy.type,
        aws_managed=isinstance(policy, AwsControlPolicy),
    )


def policy_view(organization: Organization, policy: ControlPolicy | AwsControlPolicy) -> shapes.Policy:
    """A policy with its document."""
    return shapes.Policy(policy_summary=summary_view(organization, policy), content=policy.content)


def _checked_content(content: str, policy_type: PolicyType) -> str:
    if len(content) > CONTENT_CHARACTERS_MAX:
        raise violation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum size of a policy of this type.")
    try:
        validate_control_policy(content, None if policy_type == SCP else rcp_services())
    except MalformedPolicy as malformed:
        raise MalformedPolicyDocumentException(str(malformed)) from None
    return content


@operation("organizations:CreatePolicy", writes=True)
def create_policy(
    call: Call[shapes.CreatePolicyRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreatePolicyResponse:
    """Create a policy.

    Raises MalformedPolicyDocumentException, DuplicatePolicyException, ConstraintViolationException,
    PolicyTypeNotAvailableForOrganizationException.
    """
    asked = call.request
    organization = managed_organization(call, directory)
    policy_type = control_type(organization, asked.type)
    policy = ControlPolicy(
        organization=organization.id,
        id=new_id("p-", 8, random_bytes),
        type=policy_type,
        name=asked.name,
        description=asked.description,
        content=_checked_content(asked.content, policy_type),
        tags=checked_tags(asked.tags, old=()),
    )
    if directory.control_policies.count(organization.id) >= POLICIES_MAX:
        raise violation("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of policies.")
    _refuse_aws_name(policy.name)
    try:
        directory.control_policies.add(policy)
    except AlreadyExists:
        raise _duplicate() from None
    return shapes.CreatePolicyResponse(policy=policy_view(organization, policy))


def _refuse_aws_name(name: str) -> None:
    if any(each.name == name for each in AWS_CONTROL_POLICIES.values()):
        raise _duplicate()


def _duplicate() -> ApiError:
    return DuplicatePolicyException("A policy with the same name already exists.")


def _own_policy(directory: Directory, organization: Organization, policy_id: str) -> ControlPolicy:
    policy = policy_of(directory, organization, policy_id)
    if isinstance(policy, AwsControlPolicy):
        raise invalid_input("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
    return policy


@operation("organizations:UpdatePolicy", writes=True)
def update_policy(call: Call[shapes.UpdatePolicyRequest], directory: Directory) -> shapes.UpdatePolicyResponse:
    """Change a policy's name, description or document: obeyed by the next request of every member account.

    Raises PolicyNotFoundException, InvalidInputException, MalformedPolicyDocumentException, DuplicatePolicyException.
    """
    asked = call.request
    organization = managed_organization(call, directory)
    policy = _own_policy(directory, organization, asked.policy_id)
    if asked.name is not None and asked.name != policy.name:
        _refuse_aws_name(asked.name)
        policy = replace(policy, name=asked.name)
    if asked.description is not None:
        policy = replace(policy, description=asked.description)
    if asked.content is not None:
        policy = replace(policy, content=_checked_content(asked.content, policy.type))
    try:
        directory.control_policies.replace(policy)
    except AlreadyExists:
        raise _duplicate() from None
    return shapes.UpdatePolicyResponse(policy=policy_view(organization, policy))


@operation("organizations:DeletePolicy", writes=True)
def delete_policy(call: Call[shapes.DeletePolicyRequest], directory: Directory) -> None:
    """Delete a policy that is attached to nothing. Raises PolicyNotFound…, InvalidInput…, PolicyInUseException."""
    organization = managed_organization(call, directory)
    policy = _own_policy(directory, organization, call.request.policy_id)
    if next(directory.policy_targets.under(organization.id, policy.id, limit=1), None) is not None:
        raise PolicyInUseException(
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
            "before performing this operation."
        )
    directory.control_policies.remove(policy)


@operation("organizations:DescribePolicy")
def describe_policy(call: Call[shapes.DescribePolicyRequest], directory: Directory) -> shapes.DescribePolicyResponse:
    """Describe a policy of the organization or of AWS. Raises PolicyNotFoundException."""
    organization = managed_organization(call, directory)
    policy = policy_of(directory, organization, call.request.policy_id)
    return shapes.DescribePolicyResponse(policy=policy_view(organization, policy))


@operation("organizations:ListPolicies")
def list_policies(call: Call[shapes.ListPoliciesRequest], directory: Directory) -> shapes.ListPoliciesResponse:
    """List the policies of one type by id, AWS's own last."""
    organization = managed_organization(call, directory)
    page = call.paged(_listed(call, directory, organization), lambda policy: policy.id)
    return shapes.ListPoliciesResponse(
        policies=[summary_view(organization, each) for each in page.rows], next_token=page.marker
    )


def _listed(
    call: Call[shapes.ListPoliciesRequest], directory: Directory, organization: Organization
) -> Iterator[ControlPolicy | AwsControlPolicy]:
    after = call.after
    if after not in AWS_CONTROL_POLICIES:
        cursor = None if after is None else (organization.id, after)
        for policy in directory.control_policies.under(organization.id, after=cursor):
            if policy.type == call.request.filter:
                yield policy
        yield from (each for each in AWS_CONTROL_POLICIES.values() if each.type == call.request.filter)
