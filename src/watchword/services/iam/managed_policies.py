"""Managed policies: create, get, list, delete; AWS's own stand beside those of the account.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/; which members an answer leaves out was recorded from AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.aws_policies import AwsPolicies, AwsPolicy
from watchword.directory.directory import Directory
from watchword.directory.policies import ManagedPolicy, PolicyVersion
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.documents import check_identity_policy
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists
from watchword.services.iam.lookups import any_policy, policy_with_arn
from watchword.services.iam.policy_usage import PolicyUsage
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.operation import operation

AnyPolicy = ManagedPolicy | AwsPolicy


def policy_view(policy: AnyPolicy, usage: PolicyUsage, *, is_whole: bool) -> shapes.Policy:
    """A policy as the API shows it; only GetPolicy shows description and tags."""
    is_own = isinstance(policy, ManagedPolicy)
    return shapes.Policy(
        policy_name=policy.name,
        policy_id=policy.id,
        arn=policy.arn,
        path=policy.path,
        default_version_id=f"v{policy.default_version}" if is_own else policy.version,
        attachment_count=usage.attachments(policy.arn),
        permissions_boundary_usage_count=usage.boundaries(policy.arn),
        is_attachable=True,
        description=(policy.description or None) if is_own and is_whole else None,
        create_date=policy.created_at,
        update_date=policy.updated_at,
        tags=tag_views(policy.tags if is_own else ()) if is_whole else None,
    )


@operation("iam:CreatePolicy", writes=True)
def create_policy(
    call: Call[shapes.CreatePolicyRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreatePolicyResponse:
    """Create a managed policy with its first version.

    Raises MalformedPolicyDocument, EntityAlreadyExists, LimitExceeded, InvalidInput (tags).
    """
    asked = call.request
    check_identity_policy(asked.policy_document, is_managed=True)
    quotas.POLICY_SIZE.check_size(quotas.size(asked.policy_document))
    policy = ManagedPolicy(
        account=call.account,
        name=asked.policy_name,
        path=asked.path or "/",
        id=new_unique_id("ANPA", random_bytes),
        created_at=call.now,
        updated_at=call.now,
        default_version=1,
        version_last=1,
        description=asked.description,
        tags=checked_tags(asked.tags, fold=False),
    )
    quotas.POLICIES.check(directory.managed_policies.count(call.account))
    try:
        directory.managed_policies.add(policy)
    except AlreadyExists:
        raise EntityAlreadyExists(
            f"A policy called {policy.name} already exists. Duplicate names are not allowed."
        ) from None
    directory.policy_versions.add(
        PolicyVersion(
            account=call.account,
            policy_id=policy.id,
            number=1,
            document=asked.policy_document,
            created_at=call.now,
        )
    )
    view = shapes.Policy(
        policy_name=policy.name,
        policy_id=policy.id,
        arn=policy.arn,
        path=policy.path,
        default_version_id="v1",
        attachment_count=0,
        permissions_boundary_usage_count=0,
        is_attachable=True,
        create_date=call.now,
        update_date=call.now,
        tags=tag_views(policy.tags) or None,
    )
    return shapes.CreatePolicyResponse(policy=view)


@operation("iam:GetPolicy")
def get_policy(
    call: Call[shapes.GetPolicyRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.GetPolicyResponse:
    """Get a policy of the account or of AWS. Raises NoSuchEntity, ValidationError."""
    policy = any_policy(directory, aws_policies, call.account, call.request.policy_arn)
    return shapes.GetPolicyResponse(policy=policy_view(policy, PolicyUsage(directory, call.account), is_whole=True))


@operation("iam:ListPolicies")
def list_policies(
    call: Call[shapes.ListPoliciesRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.ListPoliciesResponse:
    """List policies by name: those of the account, AWS's, or both; if asked, only those in use."""
    rows, usage = _policies(call, directory, aws_policies), PolicyUsage(directory, call.account, of_many=True)
    if call.request.only_attached:
        wanted = call.request.policy_usage_filter
        rows = (policy for policy in rows if usage.is_used(policy.arn, wanted))
    page = call.paged(rows, lambda policy: f"{policy.name.lower()} {_owner(policy)}")
    return shapes.ListPoliciesResponse(
        policies=[policy_view(policy, usage, is_whole=False) for policy in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


def _owner(policy: AnyPolicy) -> str:
    return "own" if isinstance(policy, ManagedPolicy) else "aws"


def _policies(
    call: Call[shapes.ListPoliciesRequest], directory: Directory, aws_policies: AwsPolicies
) -> Iterator[AnyPolicy]:
    """Policies of the asked scope after the cursor, by name; of two with one name AWS's is first."""
    scope = call.request.scope or "All"
    prefix = call.request.path_prefix or "/"
    name, _, owner = (call.after or "").partition(" ")
    after = name or None
    aws = aws_policies.under(prefix, after=after) if scope != "Local" else iter(())
    own = _own_policies(directory, call.account, prefix, after, is_name_done=owner == "own")
    return merge(aws, own if scope != "AWS" else iter(()), key=lambda policy: (policy.name.lower(), _owner(policy)))


def _own_policies(
    directory: Directory, account: str, prefix: str, after: str | None, *, is_name_done: bool
) -> Iterator[ManagedPolicy]:
    if after is not None and not is_name_done:
        same = directory.managed_policies.get(account, after)
        if same is not None and same.path.startswith(prefix):
            yield same
    for policy in directory.managed_policies.under(account, after=(account, after) if after is not None else None):
        if policy.path.startswith(prefix):
            yield policy


@operation("iam:DeletePolicy", writes=True)
def delete_policy(call: Call[shapes.DeletePolicyRequest], directory: Directory) -> None:
    """Delete a policy that nobody has, with its one version. Raises NoSuchEntity, DeleteConflict, ValidationError."""
    policy = policy_with_arn(directory, call.account, call.request.policy_arn)
    if PolicyUsage(directory, call.account).is_used(policy.arn, None):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    versions = list(directory.policy_versions.under(call.account, policy.id))
    if len(versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    for version in versions:
        directory.policy_versions.remove(version)
    directory.managed_policies.remove(policy)
