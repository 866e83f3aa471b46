"""An explanation on a terminal: what nobody looks for takes one line."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from tests.support.policies import EVERYTHING, EVERYTHING_TO_EVERYONE
from tests.support.policy_pools import USER, A

from watchword.cli.explained import Page
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.explain import explain
from watchword.policy.language import Document, PrincipalPattern, Statement

REQUEST = AccessRequest(USER, "s3:GetObject", "arn:aws:s3:::b/k", A, {})


def sourced(layer: Layer, name: str, *statements: Statement) -> SourcedPolicy:
    return SourcedPolicy(PolicySource(layer, name), CompiledDocument(Document(statements)))


def printed(policies: Policies, *, show_all: bool = False) -> list[str]:
    out = StringIO()
    Page(show_all=show_all, console=Console(file=out, width=200)).explanation(explain(REQUEST, policies))
    return out.getvalue().splitlines()


FULL = sourced(Layer.SCP, "p-FullAWSAccess", EVERYTHING)
GUARD = sourced(Layer.SCP, "p-guard", Statement("Deny", ("s3:*",), resources=("*",)))
FULL_RCP = sourced(Layer.RCP, "p-RCPFullAWSAccess", EVERYTHING_TO_EVERYONE)


def test_levels_with_nothing_but_what_aws_attaches_take_one_line() -> None:
    lines = printed(Policies(scps=((FULL,), (FULL, GUARD)), rcps=((FULL_RCP,),)))
    assert "✓ resource control policies, root  allows: p-RCPFullAWSAccess" in lines
    assert "✓ service control policies, root  allows: p-FullAWSAccess" in lines
    at = lines.index("✗ service control policies, level 2  denies")
    assert lines[at + 1].strip() == "p-FullAWSAccess"
    assert "    statement 1: Deny applies" in lines[at:]
    assert "  p-RCPFullAWSAccess" not in lines


def test_all_shows_their_statements_too() -> None:
    lines = printed(Policies(scps=((FULL,),)), show_all=True)
    at = lines.index("✓ service control policies, root  allows")
    assert lines[at + 1].strip() == "p-FullAWSAccess"


def test_a_level_where_somebody_wrote_the_allow_is_shown() -> None:
    lines = printed(Policies(scps=((sourced(Layer.SCP, "p-ours", EVERYTHING),),)))
    at = lines.index("✓ service control policies, root  allows")
    assert lines[at + 1].strip() == "p-ours"


def test_a_principal_that_is_missing_is_marked() -> None:
    named = Statement("Allow", ("s3:*",), resources=("*",), principals=(PrincipalPattern("AWS", "222222222222"),))
    lines = printed(Policies(resource=sourced(Layer.RESOURCE, "arn:aws:s3:::b", named)))
    assert "    statement 1: Allow nearly applies: Principal not met" in lines
