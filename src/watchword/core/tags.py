"""Tags: pairs of key and value on resources and sessions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html (limits: 50 a resource, key 128, value 256).
"""

from __future__ import annotations

from collections.abc import Iterable

from watchword.core.errors import WatchwordError

TAGS_MAX = 50

Tags = tuple[tuple[str, str], ...]
"""Pairs of key and value in the order in which they were set; no key twice."""


def merge_tags(old: Tags, new: Iterable[tuple[str, str]], *, fold: bool) -> Tags:
    """Set `new` over `old`. With `fold`, keys that differ only in case are one key, and the new spelling stays.

    Users and roles fold, other IAM resources do not.
    """
    merged = {_name(key, fold): (key, value) for key, value in old}
    for key, value in new:
        merged[_name(key, fold)] = (key, value)
    return tuple(merged.values())


def without_tags(old: Tags, keys: Iterable[str], *, fold: bool) -> Tags:
    """Remove `keys` from `old`; absent keys are no error."""
    gone = {_name(key, fold) for key in keys}
    return tuple((key, value) for key, value in old if _name(key, fold) not in gone)


class AmbiguousTag(WatchwordError):  # noqa: N818 - it is the tag that is at fault
    """A request sets, or a resource has, tags whose keys differ only in case, and a policy asks for one of them."""


def asked_tag(tags: Iterable[tuple[str, str]], name: str) -> str | None:
    """The value of the tag with this name (in lower case), in whatever case it is set or held. Raises AmbiguousTag.

    # DIFFERS: 0005. Condition keys know no case, tag keys may: of two, a policy would judge one, and both are there.
    """
    values = [value for key, value in tags if key.lower() == name]
    if len(values) > 1:
        raise AmbiguousTag(f"more than one tag is called `{name}`")
    return values[0] if values else None


def _name(key: str, fold: bool) -> str:
    return key.lower() if fold else key
