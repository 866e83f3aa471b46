"""Versions of managed policies: at most five, numbers never used twice, one of them the default.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.policies import VERSIONS_MAX, ManagedPolicy, PolicyVersion
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.documents import check_identity_policy, encoded
from watchword.services.iam.errors import DeleteConflict, LimitExceeded, NoSuchEntity
from watchword.services.iam.lookups import any_policy, own_policy, policy_arn, policy_with_arn
from watchword.services.operation import operation


def version_view(version: PolicyVersion, policy: ManagedPolicy, *, is_whole: bool) -> shapes.PolicyVersion:
    """A version as the API shows it; lists leave out the document."""
    return shapes.PolicyVersion(
        document=encoded(version.document) if is_whole else None,
        version_id=f"v{version.number}",
        is_default_version=version.number == policy.default_version,
        create_date=version.created_at,
    )


def versions_of(directory: Directory, policy: ManagedPolicy) -> list[PolicyVersion]:
    """All versions, the newest first."""
    return list(directory.policy_versions.under(policy.account, policy.id))[::-1]


def _absent(arn: str, version_id: str) -> NoSuchEntity:
    return NoSuchEntity(f"Policy {arn} version {version_id} does not exist or is not attachable.")


def _found(directory: Directory, account: str, arn: str, version_id: str) -> tuple[ManagedPolicy, PolicyVersion]:
    """The policy and its version. Raises NoSuchEntity, ValidationError."""
    policy_arn(arn)
    policy = own_policy(directory, account, arn)
    number = version_id[1:].partition(".")[0]
    if policy is None or len(number) > 9:
        raise _absent(arn, version_id)
    version = directory.policy_versions.get(account, policy.id, f"{int(number):09d}")
    if version is None:
        raise _absent(arn, version_id)
    return policy, version


@operation("iam:CreatePolicyVersion", writes=True)
def create_policy_version(
    call: Call[shapes.CreatePolicyVersionRequest], directory: Directory
) -> shapes.CreatePolicyVersionResponse:
    """Add a version. Raises NoSuchEntity, MalformedPolicyDocument, LimitExceeded, ValidationError."""
    asked = call.request
    policy = policy_with_arn(directory, call.account, asked.policy_arn)
    check_identity_policy(asked.policy_document, is_managed=True)
    quotas.POLICY_SIZE.check_size(quotas.size(asked.policy_document))
    if directory.policy_versions.count(call.account, policy.id) >= VERSIONS_MAX:
        raise LimitExceeded(
            f"A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you must "
            "delete an existing version."
        )
    version = PolicyVersion(
        account=call.account,
        policy_id=policy.id,
        number=policy.version_last + 1,
        document=asked.policy_document,
        created_at=call.now,
    )
    directory.policy_versions.add(version)
    policy = msgspec.structs.replace(
        policy,
        version_last=version.number,
        default_version=version.number if asked.set_as_default else policy.default_version,
        updated_at=call.now,
    )
    directory.managed_policies.replace(policy)
    return shapes.CreatePolicyVersionResponse(policy_version=version_view(version, policy, is_whole=False))


@operation("iam:GetPolicyVersion")
def get_policy_version(
    call: Call[shapes.GetPolicyVersionRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.GetPolicyVersionResponse:
    """Get a version with its document. Raises NoSuchEntity, ValidationError."""
    asked = call.request
    if policy_arn(asked.policy_arn).account != "aws":
        policy, version = _found(directory, call.account, asked.policy_arn, asked.version_id)
        return shapes.GetPolicyVersionResponse(policy_version=version_view(version, policy, is_whole=True))
    # DIFFERS: 0004. Of AWS's policies only the default version is known here.
    managed = aws_policies.get(asked.policy_arn)
    if managed is None or managed.version != asked.version_id:
        raise _absent(asked.policy_arn, asked.version_id)
    view = shapes.PolicyVersion(
        document=encoded(managed.document),
        version_id=managed.version,
        is_default_version=True,
        create_date=managed.updated_at,
    )
    return shapes.GetPolicyVersionResponse(policy_version=view)


@operation("iam:ListPolicyVersions")
def list_policy_versions(
    call: Call[shapes.ListPolicyVersionsRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.ListPolicyVersionsResponse:
    """List the versions, the newest first. Raises NoSuchEntity, ValidationError."""
    policy = any_policy(directory, aws_policies, call.account, call.request.policy_arn)
    if isinstance(policy, ManagedPolicy):
        page = call.paged(_after(versions_of(directory, policy), call.after), lambda version: str(version.number))
        views = [version_view(version, policy, is_whole=False) for version in page.rows]
        return shapes.ListPolicyVersionsResponse(versions=views, is_truncated=page.is_truncated, marker=page.marker)
    # DIFFERS: 0004. Of AWS's policies only the default version is known here.
    view = shapes.PolicyVersion(version_id=policy.version, is_default_version=True, create_date=policy.updated_at)
    return shapes.ListPolicyVersionsResponse(versions=[view], is_truncated=False)


def _after(versions: list[PolicyVersion], cursor: str | None) -> Iterator[PolicyVersion]:
    return (version for version in versions if cursor is None or version.number < int(cursor))


@operation("iam:SetDefaultPolicyVersion", writes=True)
def set_default_policy_version(call: Call[shapes.SetDefaultPolicyVersionRequest], directory: Directory) -> None:
    """Make a version the one that is in force. Raises NoSuchEntity, ValidationError."""
    asked = call.request
    policy, version = _found(directory, call.account, asked.policy_arn, asked.version_id)
    directory.managed_policies.replace(
        msgspec.structs.replace(policy, default_version=version.number, updated_at=call.now)
    )


@operation("iam:DeletePolicyVersion", writes=True)
def delete_policy_version(call: Call[shapes.DeletePolicyVersionRequest], directory: Directory) -> None:
    """Delete a version that is not the default. Raises NoSuchEntity, DeleteConflict, ValidationError."""
    asked = call.request
    policy, version = _found(directory, call.account, asked.policy_arn, asked.version_id)
    if version.number == policy.default_version:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    directory.policy_versions.remove(version)
