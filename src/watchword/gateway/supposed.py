"""A request that might be made: who, what and where as texts, with the policies that the directory holds now.

Decides what stands for what nobody said: a role is taken as one of its sessions, the time is given, the request comes
over TLS from this machine. Never decides the request (`policy.explain` does), and never changes anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, cast

from watchword.core.arn import assumed_role_arn, parse_arn, root_arn
from watchword.core.errors import ApiError, InvalidArn, OperatorError
from watchword.core.http import RequestHead
from watchword.core.ids import is_account_id
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.gateway.authorize import service_rules
from watchword.gateway.context import RequestContext
from watchword.gateway.plans import Documents, Plans, policy_holder
from watchword.gateway.surroundings import Surroundings
from watchword.policy.access import AccessRequest, Policies, ResourceRule
from watchword.policy.changes import ChangedContext
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.principals import Kind, Principal
from watchword.policy.variables import ContextValue
from watchword.services.authorization import Requirement, Resource
from watchword.services.call import Authenticated
from watchword.services.resource_controls import takes_rcps

SESSION_NAME = "explain"
"""The session that stands for a role which is named without one."""
_TRUST_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


def suppose(
    directory: Directory,
    plans: Plans,
    documents: Documents,
    *,
    principal: str,
    action: str,
    resource: str,
    context: Mapping[str, Sequence[str]],
    region: str,
    now: datetime,
) -> tuple[AccessRequest, Policies]:
    """The request and its policies. Raises OperatorError when a text names nothing."""
    caller = Authenticated(find_principal(directory, principal))
    if action.count(":") != 1 or not all(action.split(":")):
        raise OperatorError(f"`{action}` is not an action, such as s3:GetObject")
    is_trust = action.lower().startswith(_TRUST_ACTIONS) and ":role/" in resource
    target = _target(directory, resource, caller, is_trust=is_trust)
    own = plans.plan(caller, directory).policies
    layer = Layer.TRUST if is_trust else Layer.RESOURCE
    # The anonymous, who belong to no account, are not let in where everything blocks public access.
    is_blocked = not caller.account and caller.principal.kind is Kind.ANONYMOUS and target.is_public_blocked
    text = None if is_blocked else target.policy
    policy = None if text is None else documents.sourced(PolicySource(layer, policy_holder(target.arn)), text)
    reaches = resource != "*" and not target.is_service_linked and takes_rcps(action)
    control = plans.control(target.account, directory) if reaches and target.account else None
    around = Surroundings(
        head=RequestHead("POST", b"/", b"", [], scheme="https"),
        claim=None,
        caller=caller,
        region=region,
        now=now,
        request=None,
        requirement=Requirement((), frozenset()),
        keys={},
        prefixes={},
    )
    request = AccessRequest(
        principal=caller.principal,
        action=action,
        resource=resource,
        resource_account=target.account,
        context=ChangedContext(RequestContext(around, target, directory), _typed(context)),
        resource_rule=ResourceRule.REQUIRED if is_trust else ResourceRule.UNION,
    )
    return request, Policies(
        identity=own.identity,
        boundary=own.boundary,
        session=own.session,
        resource=policy,
        scps=own.scps,
        rcps=None if control is None else control.levels,
    )


def find_principal(directory: Directory, text: str) -> Principal:
    """The caller that an ARN, a unique id, an account id, `anonymous` or a service's name stands for.

    Raises OperatorError when there is none.
    """
    if text == "anonymous":
        return Principal(Kind.ANONYMOUS, "", "anonymous")
    if text.endswith(".amazonaws.com") and ":" not in text:
        return Principal(Kind.SERVICE, "", text, name=text)
    found = _known(directory, text)
    if found is None:
        raise OperatorError(
            f"`{text}` names nobody here: give the ARN of a user, role, session or root, or `anonymous`"
        )
    return found


def _known(directory: Directory, text: str) -> Principal | None:
    if text.startswith("AIDA"):
        return _user(directory.users.seek("id", text))
    if text.startswith("AROA"):
        return _session(directory.roles.seek("id", text), SESSION_NAME)
    if is_account_id(text):
        text = root_arn(text)
    try:
        arn = parse_arn(text)
    except InvalidArn:
        return None
    kind, _, rest = arn.resource.partition("/")
    if arn.service == "iam" and arn.resource == "root" and directory.accounts.get(arn.account) is not None:
        return Principal(Kind.ROOT, arn.account, text, arn.account, unique_id=arn.account)
    if arn.service == "iam" and kind == "user":
        return _user(directory.users.get(arn.account, rest.rpartition("/")[2].lower()))
    if arn.service == "iam" and kind == "role":
        return _session(directory.roles.get(arn.account, rest.rpartition("/")[2].lower()), SESSION_NAME)
    if arn.service == "sts" and kind == "assumed-role":
        name, _, session = rest.partition("/")
        return _session(directory.roles.get(arn.account, name.lower()), session or SESSION_NAME)
    if arn.service == "sts" and kind == "federated-user" and rest and directory.accounts.get(arn.account) is not None:
        # Its name does not say who made it, so it is supposed to hold only what resources grant it by name.
        return Principal(Kind.FEDERATED_USER, arn.account, text, f"{arn.account}:{rest}")
    return None


def _user(user: User | None) -> Principal | None:
    if user is None:
        return None
    return Principal(Kind.USER, user.account, user.arn, user.id, user.arn, user.id, user.name)


def _session(role: Role | None, session: str) -> Principal | None:
    if role is None:
        return None
    return Principal(
        kind=Kind.ASSUMED_ROLE,
        account=role.account,
        arn=assumed_role_arn(role.account, role.name, session),
        id=f"{role.id}:{session}",
        issuer_arn=role.arn,
        unique_id=role.id,
        name=role.name,
        is_service_linked=role.is_service_linked,
    )


def _target(directory: Directory, text: str, caller: Authenticated, *, is_trust: bool) -> Resource:
    """The resource that an ARN names, with its owner, tags and policy. Raises OperatorError."""
    account = caller.account
    if text == "*":
        return Resource("*", account)
    try:
        arn = parse_arn(text)
    except InvalidArn:
        raise OperatorError(f"`{text}` is not a resource: give an ARN, or `*`") from None
    if arn.service == "s3" and (not arn.account or arn.resource.startswith("accesspoint/")):
        bucket, slash, key = arn.resource.partition("/")
        if arn.account:
            bucket, slash, key = text.partition("/object/")
        named = SimpleNamespace(bucket=bucket, key=key, version_id=None)
        try:
            found = service_rules("s3").resolvers["stored_object" if slash else "bucket"](named, directory, caller)
        except ApiError:
            # It is not there, or not yet: a request would be told so, whatever policies say.
            return Resource(text, arn.account or account)
        if found is None:
            return Resource(text, account)
        return found if found.through is None or not arn.account else found.through
    kind, _, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2].lower()
    if arn.service == "iam" and kind == "role":
        role = directory.roles.get(arn.account, name)
        if role is not None and role.arn == text:
            policy = role.effective_trust_policy if is_trust else None
            return Resource(
                text, role.account, role.tags, policy, is_trust=is_trust, is_service_linked=role.is_service_linked
            )
    if arn.service == "iam" and kind == "user":
        user = directory.users.get(arn.account, name)
        if user is not None and user.arn == text:
            return Resource(text, user.account, user.tags)
    return Resource(text, arn.account or account, is_trust=is_trust)


def _typed(context: Mapping[str, Sequence[str]]) -> dict[str, ContextValue]:
    """The given context: a key that is declared as a list, or given more than once, has a list."""
    lists = _list_keys()
    return {
        key.lower(): tuple(values) if len(values) != 1 or key.lower() in lists else values[0]
        for key, values in context.items()
    }


@lru_cache(maxsize=1)
def _list_keys() -> frozenset[str]:
    text = files("watchword.models").joinpath("reference", "condition_keys.json").read_text("utf-8")
    groups: dict[str, Any] = json.loads(text)
    tables = [cast("dict[str, str]", each) for each in groups.values() if isinstance(each, dict)]
    return frozenset(key.lower() for table in tables for key, kind in table.items() if kind.endswith("[]"))
