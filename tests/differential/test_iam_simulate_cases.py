"""The written cases of `tests/vectors/policy`, put to `iam-simulate`: where it says otherwise, a document says why.

See test_iam_simulate for how it is installed. Cases that it refuses to simulate are counted, not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.iam_simulate import is_installed, simulator

pytestmark = is_installed
VECTORS = Path(__file__).parents[1] / "vectors" / "policy"
DOCUMENT = (Path(__file__).parents[2] / "docs" / "differential-iam-simulate.md").read_text()
RESULTS = {"allowed": "Allowed", "explicitDeny": "ExplicitlyDenied", "implicitDeny": "ImplicitlyDenied"}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
FULL_RCP = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
KEYS = {
    "String": "aws:UserAgent",
    "Null": "aws:UserAgent",
    "Numeric": "aws:MultiFactorAuthAge",
    "Bool": "aws:SecureTransport",
    "Date": "aws:CurrentTime",
    "IpAddress": "aws:SourceIp",
    "NotIpAddress": "aws:SourceIp",
    "Arn": "aws:SourceArn",
}
"""A real key for each family of operators: it judges no others."""

Case = tuple[str, dict[str, Any], str]
"""The name, the simulation, the result that is expected."""


@pytest.fixture(scope="module")
def simulate() -> Iterator[Any]:
    with simulator() as ask:
        yield ask


def cases(name: str) -> list[dict[str, Any]]:
    loaded: Any = yaml.safe_load((VECTORS / name).read_text())
    return loaded["cases"] if name == "decisions.yaml" else loaded


def named(documents: list[Any]) -> list[dict[str, Any]]:
    return [{"name": f"p{at}", "policy": document} for at, document in enumerate(documents)]


def levels(drawn: list[list[Any]]) -> list[dict[str, Any]]:
    return [{"orgIdentifier": f"ou-{at}", "policies": named(each)} for at, each in enumerate(drawn)]


def decisions() -> Iterator[Case]:
    for case in cases("decisions.yaml"):
        kind: str = case["caller"]["kind"]
        session: list[Any] = case.get("session") or []
        if kind in ("web-identity", "anonymous") or "broken" in str(case) or len(session) > 1:
            continue
        request = {
            "principal": case["caller"]["arn"],
            "action": case.get("action", "s3:GetObject"),
            "resource": {
                "resource": case.get("resource", "arn:aws:s3:::bucket/key"),
                "accountId": case.get("owner", "111111111111"),
            },
            "contextVariables": case.get("context", {}),
        }
        control = [[each for each in level if each != FULL_RCP] for level in case.get("rcps", [])]
        simulation: dict[str, Any] = {
            "request": request,
            "identityPolicies": named([EVERYTHING] if kind == "root" else case.get("identity", [])),
            "serviceControlPolicies": levels(case.get("scps", [])),
            "resourceControlPolicies": levels(control),
        }
        if attached := case.get("trust") or case.get("resource_policy"):
            simulation["resourcePolicy"] = attached
        if "boundary" in case and kind != "root":
            simulation["permissionBoundaryPolicies"] = named([case["boundary"]])
        if session:
            simulation["sessionPolicy"] = session[0]
        if "endpoint" in case:
            simulation["vpcEndpointPolicies"] = named([case["endpoint"]])
        yield case["name"], simulation, RESULTS[case["expect"]]


def one_statement(case: dict[str, Any], statement: dict[str, Any], context: dict[str, Any], is_met: bool) -> Case:
    """A user with one statement of his own; a Deny is put beside an Allow of everything."""
    is_deny = statement["Effect"] == "Deny"
    document = {"Version": case.get("version", "2012-10-17"), "Statement": [statement]}
    simulation: dict[str, Any] = {
        "request": {
            "principal": "arn:aws:iam::111111111111:user/u",
            "action": case.get("action", "s3:GetObject"),
            "resource": {"resource": case.get("resource", "arn:aws:s3:::b/k"), "accountId": "111111111111"},
            "contextVariables": context,
        },
        "identityPolicies": named([document, EVERYTHING] if is_deny else [document]),
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
    expected = ("ExplicitlyDenied", "Allowed") if is_deny else ("Allowed", "ImplicitlyDenied")
    return case["name"], simulation, expected[0] if is_met else expected[1]


def matching() -> Iterator[Case]:
    for case in cases("matching.yaml"):
        statement = {"Effect": case.get("effect", "Allow")}
        for name in ("Action", "Resource"):
            statement |= {each: case[each] for each in (name, f"Not{name}") if each in case} or {name: "*"}
        yield one_statement(case, statement, case.get("context", {}), case["matches"])


def conditions() -> Iterator[Case]:
    for case in cases("conditions.yaml"):
        quantifier, _, operator = case["operator"].rpartition(":")
        key = next((key for family, key in KEYS.items() if operator.startswith(family)), None)
        if key is None:
            continue
        if isinstance(case.get("given"), list) or (quantifier and "given" not in case):
            key = "aws:TagKeys"
        variables = {
            "other": "aws:PrincipalTag/other",
            "OTHER": "aws:PrincipalTag/OTHER",
            "more": "aws:PrincipalTag/more",
        }
        values: list[str] = case["values"]
        for name, real in {**variables, "k": key}.items():
            values = [value.replace(f"${{{name}", f"${{{real}") for value in values]
        context = {f"aws:PrincipalTag/{name}": value for name, value in case.get("others", {}).items()}
        if "given" in case:
            context[key] = case["given"]
        block = {case["operator"]: {key: values}}
        statement = {"Effect": case.get("effect", "Allow"), "Action": "*", "Resource": "*", "Condition": block}
        yield one_statement(case, statement, context, case["meets"])


@pytest.mark.parametrize(
    ("written", "compared_min"),
    [(decisions, 100), (matching, 40), (conditions, 150)],
    ids=["decisions", "matching", "conditions"],
)
def test_every_disagreement_is_in_the_document(
    simulate: Any, written: Callable[[], Iterator[Case]], compared_min: int
) -> None:
    compared, unexplained = 0, list[tuple[str, str, str]]()
    for name, simulation, expected in written():
        answer = simulate(simulation)
        if "errors" in answer:
            continue
        compared += 1
        if answer["result"] != expected and f"`{name}`" not in DOCUMENT:
            unexplained.append((name, expected, answer["result"]))
    assert unexplained == []
    assert compared >= compared_min
