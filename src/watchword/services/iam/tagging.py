"""Tags on IAM resources: one set of rules, one table of operations.

Users and roles fold the case of keys, the other resources do not.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.core.tags import TAGS_MAX, Tags, merge_tags
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput, LimitExceeded


def checked_tags(asked: Sequence[shapes.Tag] | None, *, old: Tags = (), fold: bool) -> Tags:
    """Set the tags of a request over the old ones. Raises InvalidInput, LimitExceeded."""
    pairs = [(tag.key, tag.value) for tag in asked or ()]
    names = [key.lower() if fold else key for key, _ in pairs]
    if len(set(names)) != len(names):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(name.lower().startswith("aws:") for name in names):
        raise InvalidInput("Tag keys beginning with aws: are reserved for system use.")
    merged = merge_tags(old, pairs, fold=fold)
    if len(merged) > TAGS_MAX:
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return merged


def tag_views(tags: Tags) -> list[shapes.Tag]:
    """Tags as the API shows them."""
    return [shapes.Tag(key=key, value=value) for key, value in tags]
