"""Changes in words: what to do, and the JSON to do it with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from watchword.policy.changes import Change
from watchword.policy.decision import Layer
from watchword.policy.language import Document, Statement, print_document

_LINE_MAX = 100
_NEW = {
    Layer.IDENTITY: "give the caller a further identity-based policy",
    Layer.SESSION: "start the session with a further session policy",
    Layer.SCP: "attach a further service control policy",
    Layer.RCP: "attach a further resource control policy",
    Layer.RESOURCE: "give the resource a policy",
    Layer.TRUST: "give the role a trust policy",
}
_TAGS = {
    "aws:principaltag/": "tag the caller",
    "aws:resourcetag/": "tag the resource",
    "iam:resourcetag/": "tag the resource",
}


def change_title(change: Change) -> str:
    """What is to be done, in one line."""
    if change.key is not None:
        return _context_title(change)
    assert change.place is not None
    policy = f"the {change.place.layer.value}" + (f" `{change.policy.id}`" if change.policy else "")
    level = f" at level {change.place.level + 1} of the organization" if change.place.level is not None else ""
    number = "" if change.statement is None else f"statement {change.statement + 1}"
    match change.kind:
        case "add policy":
            return f"{_NEW.get(change.place.layer, 'add a policy')}{level}"
        case "add statement":
            return f"add a statement to {policy}{level}"
        case "except caller":
            return f"except this caller from {number} of {policy}{level}"
        case "remove statement":
            return f"remove {number} from {policy}{level}"
        case "remove policy":
            return f"detach {policy}{level}" + (f": {number} of it denies" if number else ": it cannot be evaluated")
        case _:
            return f"replace {policy}{level} by one that also holds"


def change_text(change: Change) -> Iterator[str]:
    """The statement that is added, or the changed one, as JSON."""
    if change.content is not None:
        yield from _lines(_statement(change.content), "")


def _lines(value: Any, lead: str) -> Iterator[str]:
    """JSON on one line where it fits, else a member a line."""
    line = lead + json.dumps(value)
    if len(line) <= _LINE_MAX or not isinstance(value, dict):
        yield line
        return
    yield lead + "{"
    members = list(cast("dict[str, Any]", value).items())
    for at, (name, member) in enumerate(members):
        inner = list(_lines(member, f"{json.dumps(name)}: "))
        inner[-1] += "," if at < len(members) - 1 else ""
        yield from (f"  {each}" for each in inner)
    yield "}"


def _context_title(change: Change) -> str:
    key = change.key or ""
    folded = key.lower()
    for prefix, deed in _TAGS.items():
        if folded.startswith(prefix) and isinstance(change.value, str):
            return f"{deed} with {key[len(prefix) :]} = {change.value}"
    if change.value is None:
        return f"send the request without {key}"
    value = f"[{', '.join(change.value)}]" if isinstance(change.value, tuple) else change.value
    if folded == "aws:multifactorauthpresent" and value == "true":
        return f"send the request with MFA ({key} = true)"
    if folded == "aws:multifactorauthage":
        return f"send the request with MFA of late ({key} = {value})"
    if folded == "aws:currenttime":
        return f"send the request at {value}"
    if folded == "aws:securetransport":
        return f"send the request over {'HTTPS' if value == 'true' else 'plain HTTP'} ({key} = {value})"
    return f"send the request with {key} = {value}"


def _statement(statement: Statement) -> dict[str, Any]:
    return _plain(json.loads(print_document(Document((statement,), "2012-10-17")))["Statement"][0])


def _plain(value: Any) -> Any:
    """Lists of one as that one, as people write policies."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        listed = cast("list[Any]", value)
        return listed[0] if len(listed) == 1 else listed
    return value
