"""The policy of a bucket or of an access point on its way in: checked, and bound to whom it names.

It is kept as it is shown, and beside it with the unique ids of the users and roles that it names: a user that is
made again under the same name is not meant.
"""

from __future__ import annotations

from typing import NamedTuple

from watchword.directory.bindings import bind, principal_exists
from watchword.directory.directory import Directory
from watchword.policy.public_policies import is_policy_public
from watchword.policy.validate import validate_bucket_policy
from watchword.services.s3_policy_actions import directory_bucket_actions, policy_actions, policy_condition_keys


class KeptPolicy(NamedTuple):
    """A policy as a record keeps it."""

    shown: str
    """As it is shown: as it was submitted, with account ids as ARNs."""
    bound: str
    """As it is evaluated; empty: the same."""
    is_public: bool


def of_bucket(text: str, arn: str, directory: Directory, *, is_directory_bucket: bool) -> KeptPolicy:
    """The policy of a bucket. Raises MalformedPolicy."""
    validate_bucket_policy(
        text,
        arn,
        principal_exists=lambda kind, value: principal_exists(directory, kind, value),
        actions=directory_bucket_actions() if is_directory_bucket else policy_actions(),
        keys=None if is_directory_bucket else policy_condition_keys(),
    )
    return _kept(text, directory)


def of_access_point(text: str, arn: str, directory: Directory) -> KeptPolicy:
    """The policy of an access point. Raises MalformedPolicy."""
    validate_bucket_policy(
        text,
        arn,
        principal_exists=lambda kind, value: principal_exists(directory, kind, value),
        actions=policy_actions(in_access_points=True),
        keys=policy_condition_keys(),
        before_key="/object/",
    )
    return _kept(text, directory)


def _kept(text: str, directory: Directory) -> KeptPolicy:
    return KeptPolicy(*bind(text, directory), is_policy_public(text))
