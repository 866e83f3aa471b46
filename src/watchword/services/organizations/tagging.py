"""Tags on roots, units, accounts and policies.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from watchword.core.tags import TAGS_MAX, Tags, merge_tags, without_tags
from watchword.directory.control_policies import AwsControlPolicy
from watchword.directory.directory import Directory
from watchword.directory.organizations import Organization
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.faults import invalid_input, violation
from watchword.services.organizations.lookups import managed_organization, member_of, policy_of, target_of, unit_of


def checked_tags(asked: Sequence[shapes.Tag] | None, *, old: Tags) -> Tags:
    """Set the tags of a request over the old ones. Raises InvalidInputException, ConstraintViolationException."""
    pairs = [(tag.key, tag.value) for tag in asked or ()]
    if len({key for key, _ in pairs}) != len(pairs):
        raise invalid_input("DUPLICATE_TAG_KEY", "You specified the same tag key more than once.")
    if any(key.lower().startswith("aws:") for key, _ in pairs):
        raise invalid_input("INVALID_SYSTEM_TAGS_PARAMETER", "You can't add, edit, or delete system tags.")
    merged = merge_tags(old, pairs, fold=False)
    if len(merged) > TAGS_MAX:
        raise violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
    return merged


def tags_of(directory: Directory, organization: Organization, resource_id: str) -> Tags:
    """The tags of what has an id. Raises TargetNotFoundException, PolicyNotFoundException."""
    if resource_id.startswith("p-"):
        policy = policy_of(directory, organization, resource_id)
        return () if isinstance(policy, AwsControlPolicy) else policy.tags
    return target_of(directory, organization, resource_id).tags


def _change(directory: Directory, organization: Organization, resource_id: str, change: Callable[[Tags], Tags]) -> None:
    tags = change(tags_of(directory, organization, resource_id))
    if resource_id == organization.root_id:
        directory.organizations.replace(replace(organization, root_tags=tags))
    elif resource_id.startswith("ou-"):
        directory.organizational_units.replace(replace(unit_of(directory, organization, resource_id), tags=tags))
    elif resource_id.startswith("p-"):
        policy = policy_of(directory, organization, resource_id)
        if isinstance(policy, AwsControlPolicy):
            raise invalid_input("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS.")
        directory.control_policies.replace(replace(policy, tags=tags))
    else:
        directory.members.replace(replace(member_of(directory, organization, resource_id), tags=tags))


@operation("organizations:TagResource", writes=True)
def tag_resource(call: Call[shapes.TagResourceRequest], directory: Directory) -> None:
    """Set tags."""
    organization = managed_organization(call, directory)
    _change(directory, organization, call.request.resource_id, lambda old: checked_tags(call.request.tags, old=old))


@operation("organizations:UntagResource", writes=True)
def untag_resource(call: Call[shapes.UntagResourceRequest], directory: Directory) -> None:
    """Remove tags; absent ones are no error."""
    organization = managed_organization(call, directory)
    keys = call.request.tag_keys
    _change(directory, organization, call.request.resource_id, lambda old: without_tags(old, keys, fold=False))


@operation("organizations:ListTagsForResource")
def list_tags_for_resource(
    call: Call[shapes.ListTagsForResourceRequest], directory: Directory
) -> shapes.ListTagsForResourceResponse:
    """List tags by key."""
    organization = managed_organization(call, directory)
    tags = sorted(tags_of(directory, organization, call.request.resource_id))
    page = call.paged([tag for tag in tags if call.after is None or tag[0] > call.after], lambda tag: tag[0])
    return shapes.ListTagsForResourceResponse(
        tags=[shapes.Tag(key=key, value=value) for key, value in page.rows], next_token=page.marker
    )
