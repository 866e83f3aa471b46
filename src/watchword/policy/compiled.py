"""Compiled documents: statements as matchers, and sets of statements that match one action.

Decides which statements of a document speak of an action, and whether one applies to a resource, a caller and a
context. Never decides a request (`evaluate`). A document is compiled once; statements compile their resources and
conditions when an action first meets them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from watchword.policy.conditions import Test, compile_alternatives, compile_condition
from watchword.policy.language import Condition, Document, Effect, Statement
from watchword.policy.principals import CALLER, NOBODY, Principal, PrincipalMatcher
from watchword.policy.variables import Get, Part, Variable, expand, parse_resource
from watchword.policy.wildcards import ANY, Pattern, PatternSet, Wildcard, parse_pattern

ACTIONS_KEPT_MAX: Final = 2048
"""How many actions a document or plan remembers; AWS's services that are served have fewer."""


class CompiledStatement:
    """One statement, ready to be asked."""

    __slots__ = (
        "_actions",
        "_matches_fixed",
        "_patterns",
        "_templates",
        "_tests",
        "_varying",
        "has_variables",
        "index",
        "principals",
        "statement",
    )

    def __init__(self, statement: Statement, index: int, *, has_variables: bool) -> None:
        self.statement = statement
        self.index = index
        self.has_variables = has_variables
        self._actions = tuple(Pattern(parse_pattern(action.lower())) for action in statement.actions)
        self.principals: PrincipalMatcher | None = None
        if statement.principals is not None:
            self.principals = PrincipalMatcher(
                statement.principals, is_negated=statement.is_not_principal, effect=statement.effect
            )
        self._patterns: tuple[Pattern, ...] | None = None
        self._matches_fixed: Callable[[str], bool] = _nothing
        self._templates: tuple[tuple[Part, ...], ...] = ()
        self._varying: tuple[tuple[Callable[[str], bool], tuple[Part, ...]], ...] = ()
        self._tests: tuple[Test, ...] | None = None

    def speaks_of(self, action: str) -> bool:
        """True when the Action element matches. `action` is in lower case."""
        matched = any(pattern.matches(action) for pattern in self._actions)
        return matched is not self.statement.is_not_action

    def compile(self) -> tuple[Pattern, ...]:
        """Compile resources, once; the patterns that hold no variable."""
        if self._patterns is None:
            statement = self.statement
            templates = [parse_resource(each, has_variables=self.has_variables) for each in statement.resources or ()]
            self._templates = tuple(each for each in templates if any(isinstance(part, Variable) for part in each))
            self._patterns = tuple(
                Pattern([part for part in each if not isinstance(part, Variable)])
                for each in templates
                if each not in self._templates
            )
        return self._patterns

    def _prepare(self) -> tuple[Test, ...]:
        """Compile what only a statement that is asked by itself needs: most are merged into sets."""
        patterns = self.compile()
        self._matches_fixed = patterns[0].matches if len(patterns) == 1 else PatternSet(patterns).matches
        self._varying = tuple((Pattern(_with_any_value(each)).matches, each) for each in self._templates)
        self._tests = tuple(
            compile_condition(each, effect=self.statement.effect, has_variables=self.has_variables)
            for each in self.statement.conditions
        )
        return self._tests

    @property
    def is_for_everyone(self) -> bool:
        """True when the statement names every caller."""
        return self.principals is None or self.principals.is_everyone

    @property
    def is_plain(self) -> bool:
        """True when nothing but the resource's text decides whether the statement applies."""
        statement = self.statement
        return self.is_for_everyone and not (statement.conditions or statement.is_not_resource or self._templates)

    @property
    def is_conditional_only(self) -> bool:
        """True when nothing but the conditions decides whether the statement applies."""
        patterns = self.compile()
        statement = self.statement
        covers_everything = statement.resources is None or any(pattern.prefix == "" for pattern in patterns)
        return self.is_for_everyone and covers_everything and not statement.is_not_resource

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Texts of which a resource has to begin with one for the statement to apply; empty texts tell nothing."""
        patterns = self.compile()
        statement = self.statement
        if statement.resources is None or statement.is_not_resource:
            return ("",)
        heads = [pattern.exact if pattern.exact is not None else pattern.head for pattern in patterns]
        return tuple({*heads, *map(_prefix, self._templates)})

    def applies(self, resource: str, get: Get) -> bool:
        """True when Resource and Condition are met. The statement must speak of the action."""
        tests = self._tests
        if tests is None:
            tests = self._prepare()
        if self.statement.resources is not None and not self._covers(resource, get):
            return False
        for test in tests:  # noqa: SIM110 - a generator costs more than the loop
            if not test(get):
                return False
        return True

    def reach(self, resource: str, get: Get, caller: Principal) -> int:
        """How firmly the statement names the caller, NOBODY when it does not apply."""
        principals = self.principals
        reach = CALLER if principals is None else principals.reach(caller)
        return reach if reach != NOBODY and self.applies(resource, get) else NOBODY

    def reach_everyone(self, resource: str, get: Get, _: Principal) -> int:
        """`reach` of a statement that names every caller."""
        return CALLER if self.applies(resource, get) else NOBODY

    def federated_reach(self, resource: str, get: Get, caller: Principal) -> int:
        """`reach` for a role trust policy and the call of AssumeRoleWithSAML or AssumeRoleWithWebIdentity."""
        reach = NOBODY if self.principals is None else self.principals.federated_reach(caller)
        return reach if reach != NOBODY and self.applies(resource, get) else NOBODY

    def _covers(self, resource: str, get: Get) -> bool:
        if not self.statement.is_not_resource:
            if self._matches_fixed(resource):
                return True
            for might_match, template in self._varying:
                if might_match(resource) and _expands_to(template, resource, get):
                    return True
            return False
        if self._matches_fixed(resource):
            return False
        excluded = [_expands_to(template, resource, get) for template in self._templates]
        # What an unresolved variable would have excluded is unknown: an Allow fails, a Deny applies.
        return True not in excluded and (None not in excluded or self.statement.effect == "Deny")


def _nothing(_: str) -> bool:
    return False


def _with_any_value(template: tuple[Part, ...]) -> list[str | Wildcard]:
    """A pattern that matches whatever an expansion does: most resources are told apart before anything is expanded."""
    return [ANY if isinstance(part, Variable) else part for part in template]


def _prefix(template: tuple[Part, ...]) -> str:
    """What every expansion begins with."""
    first = template[0]
    return first if isinstance(first, str) else ""


def _expands_to(template: tuple[Part, ...], resource: str, get: Get) -> bool | None:
    expanded = expand(template, get)
    return None if expanded is None else Pattern(expanded).matches(resource)


class StatementSet:
    """Statements of one effect that speak of one action, merged so that the plain ones cost one look-up."""

    __slots__ = ("_conditional", "_exact", "_others", "_prefixes", "_rest", "_rest_prefixes", "is_everything")

    def __init__(self, statements: Iterable[CompiledStatement], effect: Effect) -> None:
        plain: list[Pattern] = []
        conditional: dict[bool, list[tuple[Condition, ...]]] = {True: [], False: []}
        rest: list[CompiledStatement] = []
        self.is_everything = False
        for statement in statements:
            patterns = statement.compile()
            is_conditional_only = statement.is_conditional_only
            if is_conditional_only and not statement.statement.conditions:
                self.is_everything = True
            elif statement.is_plain:
                plain += patterns
            elif is_conditional_only:
                conditional[statement.has_variables].append(statement.statement.conditions)
            else:
                rest.append(statement)
        together = PatternSet(plain)
        self._exact, self._prefixes, self._others = together.exact, together.prefixes, together.others
        self._conditional = tuple(
            block
            for has_variables, blocks in conditional.items()
            for block in compile_alternatives(blocks, effect=effect, has_variables=has_variables)
        )
        self._rest = tuple(
            (each.prefixes, each.reach_everyone if each.is_for_everyone else each.reach) for each in rest
        )
        self._rest_prefixes = tuple({prefix for prefixes, _ in self._rest for prefix in prefixes})

    def matches(self, resource: str, get: Get, caller: Principal) -> bool:
        """True when any statement applies and names the caller in any way."""
        if self.is_everything or resource in self._exact or resource.startswith(self._prefixes):
            return True
        if self._others is not None and self._others(resource):
            return True
        for tests in self._conditional:
            for test in tests:
                if not test(get):
                    break
            else:
                return True
        if resource.startswith(self._rest_prefixes):
            for prefixes, reach in self._rest:
                if resource.startswith(prefixes) and reach(resource, get, caller):
                    return True
        return False

    def reach(self, resource: str, get: Get, caller: Principal) -> int:
        """The firmest way in which an applicable statement names the caller."""
        if self._applies_to_everyone(resource, get):
            return CALLER
        best = NOBODY
        if resource.startswith(self._rest_prefixes):
            for prefixes, reach in self._rest:
                if resource.startswith(prefixes):
                    best = max(best, reach(resource, get, caller))
                    if best == CALLER:
                        break
        return best

    def _applies_to_everyone(self, resource: str, get: Get) -> bool:
        if self.is_everything or resource in self._exact or resource.startswith(self._prefixes):
            return True
        if self._others is not None and self._others(resource):
            return True
        return any(all(test(get) for test in tests) for tests in self._conditional)


class CompiledDocument:
    """A document, ready to be asked. Holds nothing of any request; share it freely."""

    __slots__ = ("_by_action", "_excepting", "document", "names_principals", "names_resources", "statements")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names_principals = frozenset(each.principals is not None for each in document.statements)
        self.names_resources = frozenset(each.resources is not None for each in document.statements)
        """Whether statements have the element: {True} when all have it, {False} when none has."""
        self.statements = tuple(
            CompiledStatement(statement, index, has_variables=document.has_variables)
            for index, statement in enumerate(document.statements)
        )
        self._excepting = tuple(
            each for each in self.statements if each.statement.effect == "Deny" and each.statement.is_not_principal
        )
        self._by_action: dict[str, tuple[StatementSet | None, StatementSet | None]] = {}

    def denies_bounded(self, action: str, resource: str, get: Get) -> bool:
        """True when a Deny with NotPrincipal applies, whomever it excepts: it spares nobody who has a boundary."""
        folded = action.lower()
        return any(each.speaks_of(folded) and each.applies(resource, get) for each in self._excepting)

    def federated_reach(self, action: str, resource: str, get: Get, caller: Principal, effect: str) -> int:
        """The firmest `federated_reach` of the statements of one effect."""
        folded = action.lower()
        return max(
            (
                statement.federated_reach(resource, get, caller)
                for statement in self.statements
                if statement.statement.effect == effect and statement.speaks_of(folded)
            ),
            default=NOBODY,
        )

    def on(self, action: str) -> tuple[StatementSet | None, StatementSet | None]:
        """The Denies and the Allows that speak of an action, None for none; kept for the next time."""
        found = self._by_action.get(action)
        if found is None:
            found = (statement_set([self], action, "Deny"), statement_set([self], action, "Allow"))
            if len(self._by_action) >= ACTIONS_KEPT_MAX:
                self._by_action.clear()
            self._by_action[action] = found
        return found


def statement_set(documents: Iterable[CompiledDocument], action: str, effect: Effect) -> StatementSet | None:
    """The statements of one effect that speak of an action; None for none."""
    folded = action.lower()
    found = [
        statement
        for document in documents
        for statement in document.statements
        if statement.statement.effect == effect and statement.speaks_of(folded)
    ]
    return StatementSet(found, effect) if found else None
