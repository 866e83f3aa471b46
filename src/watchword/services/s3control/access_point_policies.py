"""The policy of an access point: put, get, delete, and whether it is public.

It is kept as it was submitted and bound to the unique ids of the users and roles that it names.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutAccessPointPolicy.html and its neighbours.
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.access_points import AccessPoint
from watchword.directory.bindings import show
from watchword.directory.directory import Directory
from watchword.policy.language import MalformedPolicy
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3_policy_documents import of_access_point
from watchword.services.s3control import shapes
from watchword.services.s3control.access_points import point_of
from watchword.services.s3control.faults import access_denied, malformed_policy, no_such_access_point_policy


@operation("s3control:PutAccessPointPolicy", writes=True)
def put_access_point_policy(call: Call[shapes.PutAccessPointPolicyRequest], directory: Directory) -> None:
    """Set the policy of an access point.

    Raises NoSuchAccessPoint, MalformedPolicy, AccessDenied for a public one where these are blocked.
    """
    asked = call.request
    point = point_of(asked, directory, call.region)
    try:
        kept = of_access_point(asked.policy, point.arn, directory)
    except MalformedPolicy as error:
        raise malformed_policy(error.message) from None
    if kept.is_public and _blocks_public_policies(point, directory):
        raise access_denied()
    directory.access_points.replace(
        replace(point, policy=kept.shown, bound_policy=kept.bound, is_policy_public=kept.is_public)
    )


def _blocks_public_policies(point: AccessPoint, directory: Directory) -> bool:
    """True when the access point, its account, or its bucket there blocks them.

    INVARIANT: a bucket of another account is not looked at, so that what is set on it does not show.
    """
    account, bucket = directory.s3_accounts.get(point.account), directory.buckets.get(point.bucket)
    blocks = [point.public_access, account.public_access if account is not None else None]
    if bucket is not None and bucket.account == point.bucket_account == point.account:
        blocks.append(bucket.public_access)
    return any(block is not None and block.block_public_policy for block in blocks)


@operation("s3control:GetAccessPointPolicy")
def get_access_point_policy(
    call: Call[shapes.GetAccessPointPolicyRequest], directory: Directory
) -> shapes.GetAccessPointPolicyResult:
    """Give the policy of an access point. Raises NoSuchAccessPoint, NoSuchAccessPointPolicy."""
    point = point_of(call.request, directory, call.region)
    if point.policy is None:
        raise no_such_access_point_policy(point.name)
    return shapes.GetAccessPointPolicyResult(policy=show(point.policy, point.bound_policy, directory))


@operation("s3control:DeleteAccessPointPolicy", writes=True)
def delete_access_point_policy(call: Call[shapes.DeleteAccessPointPolicyRequest], directory: Directory) -> None:
    """Remove the policy of an access point, if there is one. Raises NoSuchAccessPoint."""
    point = point_of(call.request, directory, call.region)
    if point.policy is not None:
        directory.access_points.replace(replace(point, policy=None, bound_policy="", is_policy_public=False))


@operation("s3control:GetAccessPointPolicyStatus")
def get_access_point_policy_status(
    call: Call[shapes.GetAccessPointPolicyStatusRequest], directory: Directory
) -> shapes.GetAccessPointPolicyStatusResult:
    """Say whether the policy of an access point is public. Raises NoSuchAccessPoint, NoSuchAccessPointPolicy."""
    point = point_of(call.request, directory, call.region)
    if point.policy is None:
        raise no_such_access_point_policy(point.name)
    return shapes.GetAccessPointPolicyStatusResult(policy_status=shapes.PolicyStatus(is_public=point.is_policy_public))
