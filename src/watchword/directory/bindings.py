"""Who a resource-based document names: bound to unique ids when it is saved, shown with ARNs when it is read.

A document is kept twice: as it was submitted, and bound. The bound one is evaluated, so that a user or role that is
made again under an old ARN is not trusted. Never decides a request, and never judges a document's form: what comes here
was validated.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from watchword.core.arn import Arn, parse_arn, root_arn
from watchword.core.errors import InvalidArn
from watchword.core.ids import is_account_id
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.language import parse_json

UNIQUE_ID_PREFIXES = ("AIDA", "AROA")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)\Z")
_PROVIDER = re.compile(r"arn:aws:iam::[0-9]{12}:(?:saml|oidc)-provider/.+\Z")
_LOGIN_PROVIDERS = frozenset(
    {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
)


def bind(document: str, directory: Directory) -> tuple[str, str]:
    """The document as it is shown, account ids as `:root` ARNs, and as it is evaluated (empty: the same)."""
    shown = _rewritten(document, _account_arn) or document
    return shown, _rewritten(shown, lambda value: _unique_id(directory, value)) or ""


def show(submitted: str, bound: str, directory: Directory) -> str:
    """What `bind` kept, with the present ARNs of the users and roles that it names.

    One that is gone stands there as its unique id.
    """
    if not bound:
        return submitted
    present = _rewritten(bound, lambda value: _present_arn(directory, value)) or bound
    return submitted if parse_json(present) == parse_json(submitted) else present


def principal_exists(directory: Directory, kind: str, value: str) -> bool:
    """True when a document may name the principal.

    One of AWS's kind (an account, user, role, session or unique id) must exist here. Services and identity providers
    are bound by name. Canonical users are not known here.
    """
    # DIFFERS: 0005. Of services and providers only the form is checked.
    if kind == "Service":
        return _SERVICE.match(value) is not None
    if kind == "Federated":
        return value in _LOGIN_PROVIDERS or _PROVIDER.match(value) is not None
    return value == "*" or (kind == "AWS" and _is_known(directory, value))


def _is_known(directory: Directory, value: str) -> bool:
    if is_account_id(value):
        return directory.accounts.get(value) is not None
    if value.startswith(UNIQUE_ID_PREFIXES):
        return _present_arn(directory, value) is not None
    try:
        arn = parse_arn(value)
    except InvalidArn:
        return False
    return arn[:1] == ("aws",) and arn.region == "" and _names_somebody(directory, arn)


def _names_somebody(directory: Directory, arn: Arn) -> bool:
    kind, _, rest = arn.resource.partition("/")
    if arn.service == "iam" and kind in ("user", "role"):
        return _entity(directory, arn) is not None
    if directory.accounts.get(arn.account) is None:
        return False
    if arn.service == "sts" and kind == "assumed-role":
        role_name, _, session = rest.partition("/")
        return bool(session) and directory.roles.get(arn.account, role_name.lower()) is not None
    is_federated_user = arn.service == "sts" and kind == "federated-user" and bool(rest)
    return is_federated_user or (arn.service == "iam" and arn.resource == "root")


def _entity(directory: Directory, arn: Arn) -> User | Role | None:
    kind, _, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2].lower()
    found = directory.users.get(arn.account, name) if kind == "user" else directory.roles.get(arn.account, name)
    return found if found is not None and found.arn == str(arn) else None


def _account_arn(value: str) -> str | None:
    return root_arn(value) if is_account_id(value) else None


def _unique_id(directory: Directory, value: str) -> str | None:
    if ":user/" not in value and ":role/" not in value:
        return None
    found = _entity(directory, parse_arn(value))
    return None if found is None else found.id


def _present_arn(directory: Directory, value: str) -> str | None:
    if not value.startswith(UNIQUE_ID_PREFIXES):
        return None
    found = directory.users.seek("id", value) if value.startswith("AIDA") else directory.roles.seek("id", value)
    return None if found is None else found.arn


def _rewritten(document: str, resolve: Callable[[str], str | None]) -> str | None:
    """The document with AWS principals replaced by what `resolve` gives; None when it gives nothing for any."""
    # Numbers are read and written as texts, which mean the same: as numbers of Python they could change or fail.
    whole = cast("dict[str, Any]", parse_json(document))
    is_changed = False
    for principal in _principals(whole):
        old: str | list[str] = principal["AWS"]
        values = [old] if isinstance(old, str) else old
        new = [resolve(value) or value for value in values]
        is_changed = is_changed or new != values
        principal["AWS"] = new[0] if isinstance(old, str) else new
    return json.dumps(whole, separators=(",", ":")) if is_changed else None


def _principals(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every Principal or NotPrincipal that names AWS's kind."""
    statements = document["Statement"]
    for statement in cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements]):
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if isinstance(principal, dict) and "AWS" in principal:
                yield cast("dict[str, Any]", principal)
