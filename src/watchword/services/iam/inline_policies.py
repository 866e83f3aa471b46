"""Inline policies of users, groups and roles: put, get, list, delete, written once for the three.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html and its relatives
"""

from __future__ import annotations

from typing import Any

from watchword.directory.directory import Directory
from watchword.directory.policies import InlinePolicy
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.documents import check_identity_policy, encoded
from watchword.services.iam.errors import LimitExceeded, NoSuchEntity
from watchword.services.iam.holders import HOLDERS, Holder
from watchword.services.operation import operation


def inline_policy_views(directory: Directory, account: str, holder_id: str) -> list[shapes.PolicyDetail]:
    """All inline policies of a holder with their documents."""
    return [
        shapes.PolicyDetail(policy_name=policy.name, policy_document=encoded(policy.document))
        for policy in directory.inline_policies.under(account, holder_id)
    ]


def _named(directory: Directory, account: str, holder: Holder, holder_id: str, name: str) -> InlinePolicy:
    policy = directory.inline_policies.get(account, holder_id, name.lower())
    if policy is None:
        raise NoSuchEntity(f"The {holder.kind} policy with name {name} cannot be found.")
    return policy


def _put(holder: Holder, call: Call[Any], directory: Directory) -> None:
    asked = call.request
    found = holder.find_modifiable(directory, call.account, getattr(asked, holder.name))
    check_identity_policy(asked.policy_document, is_managed=False)
    old = directory.inline_policies.get(call.account, found.id, asked.policy_name.lower())
    policy = InlinePolicy(
        account=call.account,
        holder_kind=holder.kind,
        holder_id=found.id,
        name=old.name if old else asked.policy_name,
        document=asked.policy_document,
    )
    others = (each for each in directory.inline_policies.under(call.account, found.id) if each.name != policy.name)
    if sum(quotas.size(each.document) for each in others) + quotas.size(policy.document) > holder.inline_size_max:
        raise LimitExceeded(
            f"Maximum policy size of {holder.inline_size_max} bytes exceeded for {holder.kind} {found.name}"
        )
    if old is None:
        directory.inline_policies.add(policy)
    else:
        directory.inline_policies.replace(policy)


def _get(holder: Holder, call: Call[Any], directory: Directory) -> Any:
    asked = call.request
    asked_holder: str = getattr(asked, holder.name)
    found = holder.find(directory, call.account, asked_holder)
    policy = _named(directory, call.account, holder, found.id, asked.policy_name)
    # Names come back in the caller's spelling, as at AWS.
    names = {holder.name: asked_holder, "policy_name": asked.policy_name}
    return getattr(shapes, f"Get{holder.word}PolicyResponse")(**names, policy_document=encoded(policy.document))


def _list(holder: Holder, call: Call[Any], directory: Directory) -> Any:
    found = holder.find(directory, call.account, getattr(call.request, holder.name))
    after = (call.account, found.id, call.after) if call.after is not None else None
    rows = directory.inline_policies.under(call.account, found.id, after=after)
    page = call.paged(rows, lambda policy: policy.name.lower())
    return getattr(shapes, f"List{holder.word}PoliciesResponse")(
        policy_names=[policy.name for policy in page.rows], is_truncated=page.is_truncated, marker=page.marker
    )


def _delete(holder: Holder, call: Call[Any], directory: Directory) -> None:
    asked = call.request
    found = holder.find_modifiable(directory, call.account, getattr(asked, holder.name))
    directory.inline_policies.remove(_named(directory, call.account, holder, found.id, asked.policy_name))


def _declare(holder: Holder) -> None:
    """Declare the four operations of one kind of holder."""

    def put(call: Call[Any], directory: Directory) -> None:
        _put(holder, call, directory)

    def get(call: Call[Any], directory: Directory) -> Any:
        return _get(holder, call, directory)

    def list_all(call: Call[Any], directory: Directory) -> Any:
        return _list(holder, call, directory)

    def delete(call: Call[Any], directory: Directory) -> None:
        _delete(holder, call, directory)

    word = holder.word
    operation(f"iam:Put{word}Policy", writes=True, request=getattr(shapes, f"Put{word}PolicyRequest"))(put)
    operation(f"iam:Get{word}Policy", request=getattr(shapes, f"Get{word}PolicyRequest"))(get)
    operation(f"iam:List{word}Policies", request=getattr(shapes, f"List{word}PoliciesRequest"))(list_all)
    operation(f"iam:Delete{word}Policy", writes=True, request=getattr(shapes, f"Delete{word}PolicyRequest"))(delete)


for _holder in HOLDERS:
    _declare(_holder)
