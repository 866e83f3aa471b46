"""What is attached where.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html and API_DetachPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchword.directory.control_policies import FULL_ACCESS
from watchword.directory.directory import Directory
from watchword.directory.organizations import RCP, Organization, PolicyTarget, PolicyType
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.errors import (
    DuplicatePolicyAttachmentException,
    PolicyNotAttachedException,
    PolicyTypeNotEnabledException,
)
from watchword.services.organizations.faults import ATTACHED_MAX, invalid_input, violation
from watchword.services.organizations.lookups import Target, find_target, managed_organization, policy_of, target_of
from watchword.services.organizations.policies import summary_view


def attach_full_access(
    directory: Directory, organization: Organization, target_id: str, types: Sequence[PolicyType] | None = None
) -> None:
    """Attach AWS's policies that allow everything, of all enabled types unless others are given."""
    for each in organization.policy_types if types is None else types:
        target = PolicyTarget(organization=organization.id, policy_id=FULL_ACCESS[each], target_id=target_id, type=each)
        directory.policy_targets.add(target)


def detach_everything(directory: Directory, organization: Organization, target_id: str) -> None:
    """Detach whatever is attached to what goes away."""
    for target in list(directory.policy_targets.where("target", organization.id, target_id)):
        directory.policy_targets.remove(target)


def _attached(directory: Directory, organization: Organization, target_id: str, policy_type: str) -> list[PolicyTarget]:
    found = directory.policy_targets.where("target", organization.id, target_id)
    return [each for each in found if each.type == policy_type]


@operation("organizations:AttachPolicy", writes=True)
def attach_policy(call: Call[shapes.AttachPolicyRequest], directory: Directory) -> None:
    """Attach a policy to a root, unit or account.

    Raises PolicyNotFoundException, TargetNotFoundException, PolicyTypeNotEnabledException,
    DuplicatePolicyAttachmentException, ConstraintViolationException.
    """
    organization = managed_organization(call, directory)
    policy = policy_of(directory, organization, call.request.policy_id)
    target = target_of(directory, organization, call.request.target_id)
    if policy.type not in organization.policy_types:
        raise PolicyTypeNotEnabledException("This operation can be performed only for enabled policy types.")
    attached = _attached(directory, organization, target.id, policy.type)
    if any(each.policy_id == policy.id for each in attached):
        raise DuplicatePolicyAttachmentException("The selected policy is already attached to the specified target.")
    if len(attached) >= ATTACHED_MAX:
        raise violation(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies of this type to the specified target.",
        )
    directory.policy_targets.add(
        PolicyTarget(organization=organization.id, policy_id=policy.id, target_id=target.id, type=policy.type)
    )


@operation("organizations:DetachPolicy", writes=True)
def detach_policy(call: Call[shapes.DetachPolicyRequest], directory: Directory) -> None:
    """Detach a policy; the last service control policy stays, and AWS's resource control policy always does.

    Raises PolicyNotFoundException, TargetNotFoundException, PolicyNotAttachedException, ConstraintViolationException,
    InvalidInputException.
    """
    organization = managed_organization(call, directory)
    policy = policy_of(directory, organization, call.request.policy_id)
    target = target_of(directory, organization, call.request.target_id)
    attached = _attached(directory, organization, target.id, policy.type)
    found = next((each for each in attached if each.policy_id == policy.id), None)
    if found is None:
        raise PolicyNotAttachedException("The policy isn't attached to the specified target in the specified root.")
    if policy.id == FULL_ACCESS[RCP]:
        raise invalid_input("NON_DETACHABLE_POLICY", "You can't detach this policy.")
    if len(attached) == 1:
        raise violation(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You can't detach the last policy of this type from the specified target.",
        )
    directory.policy_targets.remove(found)


@operation("organizations:ListPoliciesForTarget")
def list_policies_for_target(
    call: Call[shapes.ListPoliciesForTargetRequest], directory: Directory
) -> shapes.ListPoliciesForTargetResponse:
    """List the policies of one type that are attached right to a target. Raises TargetNotFoundException."""
    organization = managed_organization(call, directory)
    target = target_of(directory, organization, call.request.target_id)
    attached = _attached(directory, organization, target.id, call.request.filter)
    rows = [each for each in attached if call.after is None or each.policy_id > call.after]
    page = call.paged(rows, lambda each: each.policy_id)
    policies = [policy_of(directory, organization, each.policy_id) for each in page.rows]
    return shapes.ListPoliciesForTargetResponse(
        policies=[summary_view(organization, each) for each in policies], next_token=page.marker
    )


@operation("organizations:ListTargetsForPolicy")
def list_targets_for_policy(
    call: Call[shapes.ListTargetsForPolicyRequest], directory: Directory
) -> shapes.ListTargetsForPolicyResponse:
    """List what a policy is attached to. Raises PolicyNotFoundException."""
    organization = managed_organization(call, directory)
    policy = policy_of(directory, organization, call.request.policy_id)
    after = None if call.after is None else (organization.id, policy.id, call.after)
    page = call.paged(_targets(directory, organization, policy.id, after), lambda target: target.id)
    targets = [
        shapes.PolicyTargetSummary(target_id=each.id, arn=each.arn, name=each.name, type=each.type)
        for each in page.rows
    ]
    return shapes.ListTargetsForPolicyResponse(targets=targets, next_token=page.marker)


def _targets(
    directory: Directory, organization: Organization, policy_id: str, after: tuple[str, ...] | None
) -> Iterator[Target]:
    for each in directory.policy_targets.under(organization.id, policy_id, after=after):
        target = find_target(directory, organization, each.target_id)
        if target is not None:
            yield target
