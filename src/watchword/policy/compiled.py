"""Compiled documents: statements as matchers, and sets of statements that match one action.

Decides which statements of a document speak of an action, and whether one applies to a resource, a caller and a
context. Never decides a request (`evaluate`). A document is compiled once; statements compile their resources and
conditions when an action first meets them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from watchword.policy.conditions import Test, compile_condition
from watchword.policy.language import Document, Statement
from watchword.policy.principals import CALLER, NOBODY, Principal, PrincipalMatcher
from watchword.policy.variables import Get, Part, Variable, expand, parse_template
from watchword.policy.wildcards import Pattern, parse_pattern

ACTIONS_KEPT_MAX: Final = 2048
"""How many actions a document or plan remembers; AWS's services that are served have fewer."""


class CompiledStatement:
    """One statement, ready to be asked."""

    __slots__ = (
        "_actions",
        "_conditions",
        "_patterns",
        "_templates",
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
        self._templates: tuple[tuple[Part, ...], ...] = ()
        self._conditions: tuple[Test, ...] = ()

    def speaks_of(self, action: str) -> bool:
        """True when the Action element matches. `action` is in lower case."""
        matched = any(pattern.matches(action) for pattern in self._actions)
        return matched is not self.statement.is_not_action

    def compile(self) -> tuple[Pattern, ...]:
        """Compile resources and conditions, once; the resource patterns that hold no variable."""
        if self._patterns is None:
            statement = self.statement
            templates = [
                parse_template(each, has_variables=self.has_variables, has_wildcards=True)
                for each in statement.resources or ()
            ]
            self._templates = tuple(each for each in templates if any(isinstance(part, Variable) for part in each))
            self._conditions = tuple(
                compile_condition(each, effect=statement.effect, has_variables=self.has_variables)
                for each in statement.conditions
            )
            self._patterns = tuple(
                Pattern([part for part in each if not isinstance(part, Variable)])
                for each in templates
                if each not in self._templates
            )
        return self._patterns

    @property
    def is_plain(self) -> bool:
        """True when nothing but the resource's text decides whether the statement applies."""
        statement = self.statement
        everyone = self.principals is None or self.principals.is_everyone
        return everyone and not (statement.conditions or statement.is_not_resource or self._templates)

    @property
    def sole_conditions(self) -> tuple[Test, ...] | None:
        """The conditions, when nothing else decides whether the statement applies."""
        patterns = self.compile()
        statement = self.statement
        covers_everything = statement.resources is None or any(pattern.prefix == "" for pattern in patterns)
        everyone = self.principals is None or self.principals.is_everyone
        return self._conditions if everyone and covers_everything and not statement.is_not_resource else None

    def applies(self, resource: str, get: Get) -> bool:
        """True when Resource and Condition are met. The statement must speak of the action."""
        patterns = self.compile()
        if self.statement.resources is not None and not self._covers(patterns, resource, get):
            return False
        return all(test(get) for test in self._conditions)

    def reach(self, resource: str, get: Get, caller: Principal) -> int:
        """How firmly the statement names the caller, NOBODY when it does not apply."""
        principals = self.principals
        reach = CALLER if principals is None else principals.reach(caller)
        return reach if reach != NOBODY and self.applies(resource, get) else NOBODY

    def federated_reach(self, resource: str, get: Get, caller: Principal) -> int:
        """`reach` for a role trust policy and the call of AssumeRoleWithSAML or AssumeRoleWithWebIdentity."""
        reach = NOBODY if self.principals is None else self.principals.federated_reach(caller)
        return reach if reach != NOBODY and self.applies(resource, get) else NOBODY

    def _covers(self, patterns: tuple[Pattern, ...], resource: str, get: Get) -> bool:
        if not self.statement.is_not_resource:
            for pattern in patterns:
                if pattern.matches(resource):
                    return True
            return any(
                resource.startswith(_prefix(template)) and _expands_to(template, resource, get) is True
                for template in self._templates
            )
        if any(pattern.matches(resource) for pattern in patterns):
            return False
        excluded = [_expands_to(template, resource, get) for template in self._templates]
        # What an unresolved variable would have excluded is unknown: an Allow fails, a Deny applies.
        return True not in excluded and (None not in excluded or self.statement.effect == "Deny")


def _prefix(template: tuple[Part, ...]) -> str:
    """What every expansion begins with: most resources are told apart by it before anything is expanded."""
    first = template[0]
    return first if isinstance(first, str) else ""


def _expands_to(template: tuple[Part, ...], resource: str, get: Get) -> bool | None:
    expanded = expand(template, get)
    return None if expanded is None else Pattern(expanded).matches(resource)


class StatementSet:
    """Statements of one effect that speak of one action, merged so that the plain ones cost one look-up."""

    __slots__ = ("_conditional", "_exact", "_patterns", "_prefixes", "_rest", "is_everything")

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        exact: set[str] = set()
        prefixes: set[str] = set()
        patterns: list[Callable[[str], bool]] = []
        conditional: list[tuple[Test, ...]] = []
        rest: list[CompiledStatement] = []
        self.is_everything = False
        for statement in statements:
            compiled = statement.compile()
            if not statement.is_plain:
                conditions = statement.sole_conditions
                if conditions is None:
                    rest.append(statement)
                else:
                    conditional.append(conditions)
            elif statement.statement.resources is None:
                self.is_everything = True
            for pattern in compiled if statement.is_plain else ():
                if pattern.exact is not None:
                    exact.add(pattern.exact)
                elif pattern.prefix is not None:
                    prefixes.add(pattern.prefix)
                else:
                    patterns.append(pattern.matches)
        self.is_everything = self.is_everything or "" in prefixes
        self._exact = frozenset(exact)
        self._prefixes = tuple(prefixes)
        self._patterns = tuple(patterns)
        self._conditional = tuple(conditional)
        self._rest = tuple(rest)

    def _matches_plainly(self, resource: str) -> bool:
        if self.is_everything or resource in self._exact or resource.startswith(self._prefixes):
            return True
        for matches in self._patterns:  # noqa: SIM110 - a generator costs more than the loop
            if matches(resource):
                return True
        return False

    def _meets_conditions(self, get: Get) -> bool:
        for tests in self._conditional:
            for test in tests:
                if not test(get):
                    break
            else:
                return True
        return False

    def matches(self, resource: str, get: Get, caller: Principal) -> bool:
        """True when any statement applies and names the caller in any way."""
        if self._matches_plainly(resource) or (self._conditional and self._meets_conditions(get)):
            return True
        for statement in self._rest:  # noqa: SIM110
            if statement.reach(resource, get, caller):
                return True
        return False

    def reach(self, resource: str, get: Get, caller: Principal) -> int:
        """The firmest way in which an applicable statement names the caller."""
        if self._matches_plainly(resource) or (self._conditional and self._meets_conditions(get)):
            return CALLER
        best = NOBODY
        for statement in self._rest:
            reach = statement.reach(resource, get, caller)
            if reach > best:
                if reach == CALLER:
                    return CALLER
                best = reach
        return best


class CompiledDocument:
    """A document, ready to be asked. Holds nothing of any request; share it freely."""

    __slots__ = ("_by_action", "document", "names_principals", "names_resources", "statements")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names_principals = frozenset(each.principals is not None for each in document.statements)
        self.names_resources = frozenset(each.resources is not None for each in document.statements)
        """Whether statements have the element: {True} when all have it, {False} when none has."""
        self.statements = tuple(
            CompiledStatement(statement, index, has_variables=document.has_variables)
            for index, statement in enumerate(document.statements)
        )
        self._by_action: dict[str, tuple[StatementSet | None, StatementSet | None]] = {}

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


def statement_set(documents: Iterable[CompiledDocument], action: str, effect: str) -> StatementSet | None:
    """The statements of one effect that speak of an action; None for none."""
    folded = action.lower()
    found = [
        statement
        for document in documents
        for statement in document.statements
        if statement.statement.effect == effect and statement.speaks_of(folded)
    ]
    return StatementSet(found) if found else None
