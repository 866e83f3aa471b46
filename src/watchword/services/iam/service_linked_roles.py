"""Service-linked roles: made for one AWS service and trusted by it alone, with a policy that only AWS changes.

Control policies and boundaries leave them alone, so nothing but these operations makes one, and nobody chooses what it
may do or who may assume it. Which services have one, and what the roles are called, is data.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html; the sentences, and what may be
changed of such a role, were recorded from AWS.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.directory import Directory
from watchword.directory.policies import Attachment
from watchword.directory.roles import Role
from watchword.directory.service_linked_roles import RoleDeletion
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.documents import encoded
from watchword.services.iam.errors import InvalidInput, NoSuchEntity
from watchword.services.iam.lookups import role_named
from watchword.services.iam.roles import remove_role, role_view
from watchword.services.operation import operation

PATH: Final = "/aws-service-role/"
ROLE_NAME_MAX: Final = 64
DELETIONS_KEPT: Final = timedelta(days=30)
DELETIONS_MAX: Final = 200
"""Of one account, the newest: each deletion looks at all that are kept, and others wait for it to write."""
ORGANIZATIONS: Final = "organizations.amazonaws.com"


class Template(NamedTuple):
    """The role of one service."""

    service: str
    role_name: str
    policy_arn: str
    takes_suffix: bool


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """The services that have a role, by service principal."""
    text = files("watchword.models").joinpath("service_linked_roles.json").read_text("utf-8")
    known: dict[str, Any] = json.loads(text)
    return {
        service: Template(
            service, name, f"arn:aws:iam::aws:policy{PATH}{policy}", takes_suffix=service in known["takes_suffix"]
        )
        for service, (name, policy) in known["roles"].items()
    }


def linked_role_name(service: str, suffix: str | None) -> str | None:
    """The name of the role that a service gets; None for a service that has none."""
    template = templates().get(service)
    if template is None:
        return None
    return template.role_name if suffix is None else f"{template.role_name}_{suffix}"


@operation("iam:CreateServiceLinkedRole", writes=True)
def create_service_linked_role(
    call: Call[shapes.CreateServiceLinkedRoleRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateServiceLinkedRoleResponse:
    """Make the role of a service. Raises InvalidInput, LimitExceeded."""
    asked = call.request
    template, name = (
        templates().get(asked.aws_service_name),
        linked_role_name(asked.aws_service_name, asked.custom_suffix),
    )
    if template is None or name is None:
        # DIFFERS: 0005. Only the services in `models/service_linked_roles.json` have a role.
        raise InvalidInput(f"No service-linked role is known for {asked.aws_service_name}")
    if asked.custom_suffix is not None and not template.takes_suffix:
        raise InvalidInput(f"Custom suffix is not allowed for {template.service}")
    if len(name) > ROLE_NAME_MAX:
        raise InvalidInput(f"The role name {name} is longer than {ROLE_NAME_MAX} characters.")
    quotas.ROLES.check(directory.roles.count(call.account))
    role = Role(
        account=call.account,
        name=name,
        path=f"{PATH}{template.service}/",
        id=new_unique_id("AROA", random_bytes),
        created_at=call.now,
        trust_policy=_trust_policy(template.service),
        description=asked.description,
        is_service_linked=True,
    )
    try:
        directory.roles.add(role)
    except AlreadyExists:
        raise InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        ) from None
    directory.attachments.add(
        Attachment(account=call.account, policy_arn=template.policy_arn, holder_kind="role", holder_id=role.id)
    )
    view = role_view(role, directory, description=False, session_seconds=False)
    # AWS's answer has lists where what it keeps has texts.
    listed = encoded(_trust_policy([template.service], ["sts:AssumeRole"]))
    return shapes.CreateServiceLinkedRoleResponse(role=replace(view, assume_role_policy_document=listed))


def _trust_policy(service: str | list[str], action: str | list[str] = "sts:AssumeRole") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


@operation("iam:DeleteServiceLinkedRole", writes=True)
def delete_service_linked_role(
    call: Call[shapes.DeleteServiceLinkedRoleRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.DeleteServiceLinkedRoleResponse:
    """Delete the role unless its service still needs it; GetServiceLinkedRoleDeletionStatus tells what became of it.

    Raises NoSuchEntity.
    """
    role = role_named(directory, call.account, call.request.role_name)
    if not role.is_service_linked:
        raise NoSuchEntity(f"{role.name} exists but is not a service role.")
    service = role.path.removeprefix(PATH).rstrip("/")
    usage = _usage(directory, call.account, service)
    if not usage:
        for attachment in tuple(directory.attachments.where("holder", call.account, role.id)):
            directory.attachments.remove(attachment)
        remove_role(directory, role)
    noise = random_bytes(16).hex()
    number = "-".join((noise[:8], noise[8:12], noise[12:16], noise[16:20], noise[20:]))
    # DIFFERS: 0005. The deletion is over when this returns: its status never shows IN_PROGRESS.
    deletion = RoleDeletion(
        account=call.account, task_id=f"task{PATH}{service}/{role.name}/{number}", ended_at=call.now, usage=usage
    )
    newest = sorted(directory.role_deletions.under(call.account), key=lambda each: each.ended_at, reverse=True)
    for number, old in enumerate(newest, 1):
        if number >= DELETIONS_MAX or call.now - old.ended_at > DELETIONS_KEPT:
            directory.role_deletions.remove(old)
    directory.role_deletions.add(deletion)
    return shapes.DeleteServiceLinkedRoleResponse(deletion_task_id=deletion.task_id)


def _usage(directory: Directory, account: str, service: str) -> tuple[str, ...]:
    """What the service still needs its role for."""
    member = directory.members.get(account) if service == ORGANIZATIONS else None
    return () if member is None else (member.organization,)


@operation("iam:GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(
    call: Call[shapes.GetServiceLinkedRoleDeletionStatusRequest], directory: Directory
) -> shapes.GetServiceLinkedRoleDeletionStatusResponse:
    """Say what became of a deletion. Raises InvalidInput, NoSuchEntity."""
    task_id = call.request.deletion_task_id
    if deleted_role_place(task_id) is None:
        raise InvalidInput("Invalid task id")
    deletion = directory.role_deletions.get(call.account, task_id)
    if deletion is None:
        raise NoSuchEntity("Cannot find deletion status for given id.")
    if not deletion.usage:
        return shapes.GetServiceLinkedRoleDeletionStatusResponse(status="SUCCEEDED")
    usage = shapes.RoleUsageType(region=call.region, resources=deletion.usage)
    reason = shapes.DeletionTaskFailureReasonType(
        reason="The role is in use and cannot be deleted.", role_usage_list=[usage]
    )
    return shapes.GetServiceLinkedRoleDeletionStatusResponse(status="FAILED", reason=reason)


def deleted_role_place(task_id: str) -> tuple[str, str] | None:
    """The path and name of the role that a task is about; None for what is no task id."""
    parts = task_id.split("/")
    if len(parts) != 5 or not task_id.startswith(f"task{PATH}") or not all(parts):
        return None
    return f"{PATH}{parts[2]}/", parts[3]
