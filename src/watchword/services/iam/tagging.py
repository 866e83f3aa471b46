"""Tags on IAM resources: one set of rules, one table of operations.

Users and roles fold the case of keys, the other resources do not. Lists are in the order of the keys.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from watchword.core.tags import TAGS_MAX, Tags, merge_tags, without_tags
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput, LimitExceeded
from watchword.services.iam.lookups import (
    describable_role_named,
    instance_profile_named,
    mfa_device_numbered,
    policy_with_arn,
    role_named,
    user_named,
)
from watchword.services.operation import operation


def checked_tags(asked: Sequence[shapes.Tag] | None, *, old: Tags = (), fold: bool) -> Tags:
    """Set the tags of a request over the old ones. Raises InvalidInput, LimitExceeded."""
    pairs = [(tag.key, tag.value) for tag in asked or ()]
    names = [key.lower() if fold else key for key, _ in pairs]
    if len(set(names)) != len(names):
        hint = " Please note that Tag keys are case insensitive." if fold else ""
        raise InvalidInput(f"Duplicate tag keys found.{hint}")
    if any(name.lower().startswith("aws:") for name in names):
        raise InvalidInput("Tag keys beginning with aws: are reserved for system use.")
    merged = merge_tags(old, pairs, fold=fold)
    if len(merged) > TAGS_MAX:
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return merged


def tag_views(tags: Tags) -> list[shapes.Tag]:
    """Tags as the API shows them."""
    return [shapes.Tag(key=key, value=value) for key, value in sorted(tags)]


@dataclass(frozen=True, slots=True)
class Taggable:
    """A type of resource that carries tags."""

    word: str
    """Its name in the names of operations."""
    name: str
    """The request's attribute that names it."""
    find: Callable[[Directory, str, str], Any]
    """By account and what the request says."""
    find_modifiable: Callable[[Directory, str, str], Any]
    collection: str
    """The directory's collection that keeps it."""
    fold: bool


TAGGABLE = (
    Taggable("User", "user_name", user_named, user_named, "users", fold=True),
    Taggable("Role", "role_name", role_named, describable_role_named, "roles", fold=True),
    Taggable("Policy", "policy_arn", policy_with_arn, policy_with_arn, "managed_policies", fold=False),
    Taggable(
        "InstanceProfile",
        "instance_profile_name",
        instance_profile_named,
        instance_profile_named,
        "instance_profiles",
        fold=False,
    ),
    Taggable("MFADevice", "serial_number", mfa_device_numbered, mfa_device_numbered, "mfa_devices", fold=False),
)


def _declare(taggable: Taggable) -> None:
    """Declare the three operations of one type."""
    word = taggable.word

    def tag(call: Call[Any], directory: Directory) -> None:
        found = taggable.find_modifiable(directory, call.account, getattr(call.request, taggable.name))
        tags = checked_tags(call.request.tags, old=found.tags, fold=taggable.fold)
        getattr(directory, taggable.collection).replace(msgspec.structs.replace(found, tags=tags))

    def untag(call: Call[Any], directory: Directory) -> None:
        found = taggable.find_modifiable(directory, call.account, getattr(call.request, taggable.name))
        tags = without_tags(found.tags, call.request.tag_keys, fold=taggable.fold)
        getattr(directory, taggable.collection).replace(msgspec.structs.replace(found, tags=tags))

    def list_tags(call: Call[Any], directory: Directory) -> Any:
        found = taggable.find(directory, call.account, getattr(call.request, taggable.name))
        # The place in the list is the cursor: keys may be longer than a marker, and there are few.
        rows = list(enumerate(tag_views(found.tags)))
        page = call.paged(rows[int(call.after) + 1 if call.after else 0 :], lambda row: str(row[0]))
        answer = getattr(shapes, f"List{word}TagsResponse")
        return answer(tags=[view for _, view in page.rows], is_truncated=page.is_truncated, marker=page.marker)

    operation(f"iam:Tag{word}", writes=True, request=getattr(shapes, f"Tag{word}Request"))(tag)
    operation(f"iam:Untag{word}", writes=True, request=getattr(shapes, f"Untag{word}Request"))(untag)
    operation(f"iam:List{word}Tags", request=getattr(shapes, f"List{word}TagsRequest"))(list_tags)


for _taggable in TAGGABLE:
    _declare(_taggable)
