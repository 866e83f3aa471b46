"""Managed policies on users, groups and roles: attach, detach, list, written once for the three.

A policy is AWS's or of the holder's own account. Attaching twice is no error, detaching what is not attached is.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html and its relatives
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.policies import Attachment
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.errors import NoSuchEntity, PolicyNotAttachable
from watchword.services.iam.holders import HOLDERS, Holder
from watchword.services.iam.lookups import own_policy, policy_arn
from watchword.services.operation import operation

SERVICE_LINKED_PATH = ":policy/aws-service-role/"
"""Policies of AWS that only service-linked roles may have."""


def attached_policy_views(directory: Directory, account: str, holder_id: str) -> list[shapes.AttachedPolicy]:
    """The managed policies of a holder, by name."""
    arns = [attachment.policy_arn for attachment in directory.attachments.where("holder", account, holder_id)]
    views = [shapes.AttachedPolicy(policy_name=arn.rpartition("/")[2], policy_arn=arn) for arn in arns]
    return sorted(views, key=_place)


def _place(view: shapes.AttachedPolicy) -> str:
    """Where a policy stands in lists: by name. Short, since it is the cursor; ARNs may be longer than a marker."""
    arn = view.policy_arn or ""
    return f"{arn.rpartition('/')[2].lower()} {sha256(arn.encode()).hexdigest()[:8]}"


def _check_attachable(directory: Directory, aws_policies: AwsPolicies, account: str, arn: str) -> None:
    owner = policy_arn(arn).account
    found = aws_policies.get(arn) if owner == "aws" else own_policy(directory, account, arn)
    if found is None:
        raise NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")
    if owner == "aws" and SERVICE_LINKED_PATH in arn:
        raise PolicyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.")


def _attach(holder: Holder, call: Call[Any], directory: Directory, aws_policies: AwsPolicies) -> None:
    arn: str = call.request.policy_arn
    found = holder.find_modifiable(directory, call.account, getattr(call.request, holder.name))
    _check_attachable(directory, aws_policies, call.account, arn)
    if directory.attachments.get(call.account, arn, holder.kind, found.id) is not None:
        return
    holder.attachments.check(sum(1 for _ in directory.attachments.where("holder", call.account, found.id)))
    directory.attachments.add(
        Attachment(account=call.account, policy_arn=arn, holder_kind=holder.kind, holder_id=found.id)
    )


def _detach(holder: Holder, call: Call[Any], directory: Directory) -> None:
    arn: str = call.request.policy_arn
    found = holder.find_modifiable(directory, call.account, getattr(call.request, holder.name))
    policy_arn(arn)
    attachment = directory.attachments.get(call.account, arn, holder.kind, found.id)
    if attachment is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    directory.attachments.remove(attachment)


def _list(holder: Holder, call: Call[Any], directory: Directory) -> Any:
    found = holder.find(directory, call.account, getattr(call.request, holder.name))
    prefix = call.request.path_prefix or "/"
    rows = (
        view
        for view in attached_policy_views(directory, call.account, found.id)
        if _path(view.policy_arn or "").startswith(prefix) and (call.after is None or _place(view) > call.after)
    )
    page = call.paged(rows, _place)
    return getattr(shapes, f"ListAttached{holder.word}PoliciesResponse")(
        attached_policies=page.rows, is_truncated=page.is_truncated, marker=page.marker
    )


def _path(arn: str) -> str:
    path = arn.partition("/")[2].rpartition("/")[0]
    return f"/{path}/" if path else "/"


def _declare(holder: Holder) -> None:
    """Declare the three operations of one kind of holder."""

    def attach(call: Call[Any], directory: Directory, aws_policies: AwsPolicies) -> None:
        _attach(holder, call, directory, aws_policies)

    def detach(call: Call[Any], directory: Directory) -> None:
        _detach(holder, call, directory)

    def list_all(call: Call[Any], directory: Directory) -> Any:
        return _list(holder, call, directory)

    word = holder.word
    operation(f"iam:Attach{word}Policy", writes=True, request=getattr(shapes, f"Attach{word}PolicyRequest"))(attach)
    operation(f"iam:Detach{word}Policy", writes=True, request=getattr(shapes, f"Detach{word}PolicyRequest"))(detach)
    operation(f"iam:ListAttached{word}Policies", request=getattr(shapes, f"ListAttached{word}PoliciesRequest"))(
        list_all
    )


for _holder in HOLDERS:
    _declare(_holder)
