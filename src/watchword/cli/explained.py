"""An explanation on a terminal: one screen that answers why, before it shows how.

Order: the answer; who, what, on what; the layers in the order in which they are checked, each with the statements that
matched or nearly did; what would allow it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from watchword.cli.remedied import change_text, change_title
from watchword.policy.changes import Change
from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.explain import ConditionReport, Explanation, LayerReport, PolicyReport, StatementReport
from watchword.policy.principals import Kind
from watchword.policy.remedies import Remedy
from watchword.policy.variables import ContextValue
from watchword.signing.claims import Form

if TYPE_CHECKING:
    from watchword.gateway.decision_lines import CallerLine, DecisionLine, MismatchLine
    from watchword.gateway.recorded import Recorded

_MARKS = {
    "allows": ("✓", "green"),
    "no impact": ("·", "dim"),
    "does not allow": ("✗", "yellow"),
    "denies": ("✗", "bold red"),
    "cannot be evaluated": ("✗", "bold red"),
    "does not apply": ("·", "dim"),
}
_DEPTH = 2
_OTHER_WAYS_SHOWN = 2


class Page:
    """Prints explanations."""

    def __init__(self, *, show_all: bool, console: Console | None = None) -> None:
        self._show_all = show_all
        self._console = console or Console(highlight=False, soft_wrap=True)

    def explanation(self, explanation: Explanation, *, names_caller: bool = True) -> None:
        """The whole answer to one check."""
        self._print(_answer(explanation.decision))
        self._facts(
            *((("caller", explanation.principal),) if names_caller else ()),
            ("action", explanation.action),
            ("resource", explanation.resource),
            ("owner", explanation.resource_account or "nobody"),
        )
        if explanation.decision.reason == "not controlled by policies":
            self._print(Text("\nThis action is open to every authenticated caller: no policy grants or takes it away."))
        for layer in explanation.layers:
            self._layer(layer)
        for note in explanation.notes:
            self._print(Text(f"\n{note}", style="yellow"))
        if explanation.remedies:
            self._remedies(explanation.remedies)

    def recorded(self, recorded: Recorded, explanations: list[Explanation]) -> None:
        """A request that happened: who it was, and the answer to its checks, or to those that matter most."""
        line = recorded.line
        answer = Text(f"{line.error}: {line.message}" if line.error else "answered")
        answer.stylize("bold red" if line.error else "bold green")
        self._print(answer)
        self._facts(
            ("request", f"{line.service}:{line.operation or '?'} in {line.region}"),
            ("id", line.id),
            ("at", f"{line.at:%Y-%m-%d %H:%M:%S} UTC from {line.source_ip}"),
            *_authentication(line, recorded.caller),
        )
        if line.mismatch is not None:
            self._mismatch(line.mismatch)
        if recorded.caller is None:
            self._print(Text("\nThe caller was not proved, so no policy was asked.", style="yellow"))
        elif not explanations and line.error == "AccessDenied" and recorded.caller.principal.kind is Kind.ANONYMOUS:
            self._print(Text("\nThe request was not signed, and what it asks for is closed to the public."))
        elif not explanations:
            self._print(Text("\nNo policy was asked: the request ended before, or needs no permission."))
        for explanation in explanations:
            self._print(Text())
            self._print(Text("─" * 60, style="dim"))
            self.explanation(explanation, names_caller=False)
        if hidden := len(recorded.checks) - len(explanations):
            self._print(Text(f"\nand {_count(hidden, 'check')} more: --all shows them", "dim"))

    def _mismatch(self, mismatch: MismatchLine) -> None:
        where = f" in {mismatch.part}" if mismatch.part else ""
        self._print(Text(f"\nThe signature went wrong{where}: {mismatch.reason}", style="yellow"))
        if mismatch.expected or mismatch.signed:
            self._facts(("right", mismatch.expected or "(nothing)"), ("signed", mismatch.signed or "(nothing)"))

    def recent(self, lines: list[DecisionLine]) -> None:
        """The requests of the last minutes."""
        if not lines:
            self._print(Text("no request was made yet, or none is kept"))
            return
        requests = [f"{line.service}:{line.operation or '?'}" for line in lines]
        width = max(map(len, requests))
        widest = max(len(line.error or "ok") for line in lines)
        for line, request in zip(lines, requests, strict=True):
            row = Text.assemble((f"{line.at:%H:%M:%S}  ", "dim"))
            row.append(line.id, style="cyan")
            row.append(f"  {(line.error or 'ok').ljust(widest)}", style="red" if line.error else "green")
            row.append(f"  {request.ljust(width)}", style="default")
            row.append(f"  {line.checks[0].resource if line.checks else ''}", style="dim")
            self._print(row)

    def _layer(self, layer: LayerReport) -> None:
        mark, style = _MARKS[layer.verdict]
        title = Text.assemble((f"\n{mark} ", style))
        title.append(_layer_name(layer), style="bold" if style != "dim" else "dim")
        title.append(f"  {layer.verdict}", style=style)
        if layer.why:
            title.append(f": {layer.why}", style="dim")
        if is_bare := _allows_as_made(layer) and not self._show_all:
            title.append(f": {layer.policies[0].source.id}", style="dim")
        self._print(title)
        if is_bare:
            return
        for policy in layer.policies:
            self._policy(policy)
        if not layer.policies and layer.verdict != "does not apply":
            self._print(Text("there is none", style="dim"), 1)

    def _policy(self, policy: PolicyReport) -> None:
        shown = [each for each in policy.statements if self._show_all or each.applies or each.is_near]
        hidden = len(policy.statements) - len(shown)
        title = Text(policy.source.id)
        if policy.source.arn and policy.source.arn != policy.source.id:
            title.append(f"  {policy.source.arn}", style="dim")
        if not policy.is_readable:
            title.append("  its text cannot be evaluated, or it is gone", style="bold red")
        elif hidden and not shown:
            title.append(f"  {_count(hidden, 'statement')}, none about this", style="dim")
        self._print(title, 1)
        for statement in shown:
            self._statement(statement)
        if hidden and shown:
            self._print(Text(f"and {_count(hidden, 'statement')} not about this", style="dim"), 2)

    def _statement(self, report: StatementReport) -> None:
        is_deny = report.effect == "Deny"
        style = ("red" if is_deny else "green") if report.applies else "yellow" if report.is_near else "dim"
        name = f"statement {report.index + 1}" + (f" `{report.sid}`" if report.sid else "")
        text = Text(f"{name}: {report.effect} ", style=style)
        text.append("applies" if report.applies else _why_not(report), style=style)
        self._print(text, 2)
        for name, values in _elements(report):
            style = "yellow" if name in report.failed else "dim"
            self._print(Text.assemble((f"{name:<10} ", style), (values, style if style == "yellow" else "")), 3)
        for condition in report.conditions:
            self._print(_condition(condition), 3)
        for name, value in report.variables:
            self._print(Text(f"${{{name}}} is {_value(value)}", style="dim"), 3)

    def _remedies(self, remedies: tuple[Remedy, ...]) -> None:
        first, *others = remedies
        title = "\nNothing allows it" if not first.changes else "\nThe smallest change that allows it"
        self._print(Text(title, style="bold cyan"))
        self._remedy(first)
        shown = set(first.changes)
        hidden = 0 if self._show_all else max(0, len(others) - _OTHER_WAYS_SHOWN)
        for other in others[: len(others) - hidden]:
            self._print(Text("or", style="bold cyan"))
            self._remedy(other, shown)
            shown.update(other.changes)
        if hidden:
            self._print(
                Text(f"and {_count(hidden, 'other way')}: --all shows {'it' if hidden == 1 else 'them'}", "dim")
            )

    def _remedy(self, remedy: Remedy, shown: Container[Change] = ()) -> None:
        for number, change in enumerate(remedy.changes, 1):
            lead = f"{number}. " if len(remedy.changes) > 1 else ""
            self._print(Text(f"{lead}{change_title(change)}"), 1)
            if change.how:
                self._print(Text(change.how, style="dim"), 2)
            for line in change_text(change) if change not in shown else ():
                self._print(Text(line, style="cyan"), 2)
        for obstacle in remedy.obstacles:
            self._print(Text(f"not in your hands: {obstacle}", style="yellow"), 1)

    def _facts(self, *facts: tuple[str, str]) -> None:
        for name, value in facts:
            self._print(Text.assemble((f"{name:<9} ", "dim"), value))

    def _print(self, text: Text, depth: int = 0) -> None:
        self._console.print(Text(" " * depth * _DEPTH) + text if depth else text)


def _answer(decision: Decision) -> Text:
    if decision.is_allowed:
        by = f" by the {decision.layer.value}" if decision.layer is not None else ""
        return Text(f"ALLOWED{by}" if by else f"ALLOWED: {decision.reason}", style="bold green")
    word = "explicitly DENIED" if decision.outcome is Outcome.EXPLICIT_DENY else "DENIED"
    layer = decision.layer.value if decision.layer is not None else "policy"
    if decision.outcome is Outcome.EXPLICIT_DENY and decision.policy is not None and decision.statement is not None:
        why = f"statement {decision.statement + 1} of the {layer} `{decision.policy.id}` denies"
    elif decision.reason == "no policy allows":
        why = f"no {layer} allows it"
    else:
        why = f"{layer}: {decision.reason}"
    return Text(f"{word}: {why}", style="bold red")


def _allows_as_made(layer: LayerReport) -> bool:
    """True when a level of control policies has only what AWS attaches to it: nobody looks there for an answer."""
    ids = [policy.source.id for policy in layer.policies]
    return layer.verdict == "allows" and ids in (["p-FullAWSAccess"], ["p-RCPFullAWSAccess"])


def _layer_name(layer: LayerReport) -> str:
    if layer.level is None:
        return layer.layer.value
    place = "root" if layer.level == 0 else f"level {layer.level + 1}"
    kind = "service control policies" if layer.layer is Layer.SCP else "resource control policies"
    return f"{kind}, {place}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _why_not(report: StatementReport) -> str:
    lead = "nearly applies" if report.is_near else "does not apply"
    names = [name for name in dict.fromkeys(report.failed) if name != "Condition"]
    unmet = report.failed.count("Condition")
    if unmet:
        names.append("a condition" if unmet == 1 else f"{unmet} conditions")
    return f"{lead}: {' and '.join(names)} not met"


def _elements(report: StatementReport) -> Iterator[tuple[str, str]]:
    statement = report.statement
    if statement.principals is not None:
        names = ", ".join(each.value for each in statement.principals)
        yield "Principal", ("none of " if statement.is_not_principal else "") + names
    yield "Action", ("none of " if statement.is_not_action else "") + ", ".join(statement.actions)
    if statement.resources is not None:
        yield "Resource", ("none of " if statement.is_not_resource else "") + ", ".join(statement.resources)


def _condition(condition: ConditionReport) -> Text:
    style = "" if condition.is_met else "yellow"
    text = Text.assemble(("Condition  ", "dim" if condition.is_met else "yellow"))
    text.append(f"{condition.operator} {condition.key}", style=style)
    text.append(f": wants {' or '.join(condition.wanted) or 'nothing'}", style=style)
    text.append(f"; the request has {_value(condition.actual)}", style=style)
    text.append("  met" if condition.is_met else "  not met", style="green" if condition.is_met else "bold yellow")
    return text


def _value(value: ContextValue) -> str:
    if value is None:
        return "no such key"
    if isinstance(value, tuple):
        return f"the list [{', '.join(value)}]"
    return value or "an empty text"


def _authentication(line: DecisionLine, caller: CallerLine | None) -> Iterator[tuple[str, str]]:
    """Who it was, and what proved it."""
    if caller is not None:
        yield "caller", caller.principal.arn
    if line.access_key_id:
        verdict = "its signature was verified" if caller is not None else "not proved"
        yield "key", f"{line.access_key_id}, {verdict}"
        yield "scope", line.scope
    if line.signed_at:
        yield "signed", f"{line.signed_at} in {'the URL' if line.form is Form.QUERY else 'a header'}"
    if caller is not None and caller.session is not None:
        session = caller.session
        mfa = "with MFA" if session.get("mfa_at") else "without MFA"
        yield "session", f"{session['kind']}, {mfa}, issued {session['issued_at']}, until {session['expires_at']}"
