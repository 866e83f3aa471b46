"""Whether a document may be saved as a policy of its type, in the order and the words of the service that saves it.

Decides form only: never who may do what, and never whether a size quota is kept. A session policy is held to less than
a stored one: values that are no number, date, address or ARN just fail to match. What AWS says of a fault that has no
known sentence is the general sentence of the type.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html; the sentences are those that
IAM, STS, S3 and Organizations answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, cast

from watchword.policy.bucket_documents import ConditionKeys, check_elements, key_fault
from watchword.policy.language import (
    Document,
    InvalidJson,
    MalformedPolicy,
    Statement,
    parse_document,
    parse_json,
    read_document,
)
from watchword.policy.operators import parse_operator
from watchword.policy.resource_names import LEGACY, is_incomplete, resource_fault
from watchword.policy.shared_providers import unheld
from watchword.policy.values import parse_base64, parse_date, parse_network, parse_number
from watchword.policy.wildcards import Pattern, parse_pattern

PrincipalExists = Callable[[str, str], bool]
"""Given the type and the value of an entry of a Principal element: is there such a principal?"""

SYNTAX: Final = "Syntax errors in policy."
TRUST_SYNTAX: Final = "Syntax error in policy."
TRUST_ACTIONS: Final = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
)
BUCKET_POLICY_BYTES_MAX: Final = 20 * 1024
CONTROL_POLICY: Final = "The provided policy document does not meet the requirements of the specified policy type."
_SID = re.compile(r"[A-Za-z0-9]*\Z")
_VENDOR = re.compile(r"[A-Za-z0-9._-]+\Z")
_LENIENT_DATE = re.compile(r"-?[0-9]{1,18}T?\Z")


def validate_identity_policy(text: str, *, is_managed: bool = False) -> Document:
    """Check a document that is attached to, or embedded in, a user, group or role. Raises MalformedPolicy."""
    value = _read_json(text, SYNTAX)
    document = _read_identity_document(value)
    if is_managed and not (document.has_variables and "Version" in value):
        raise MalformedPolicy("Policy document must be version 2012-10-17 or greater.")
    if any(statement.principals is not None for statement in document.statements):
        raise MalformedPolicy("Policy document should not specify a principal.")
    faults = [fault for each in document.statements for fault in map(resource_fault, each.resources or ()) if fault]
    is_legacy = any(str(each.get("Effect")) not in ("Allow", "Deny") for each in _statements(value))
    if is_legacy or faults[:1] == [LEGACY] or not all(_has_valid_literals(each) for each in document.statements):
        raise MalformedPolicy(LEGACY)
    _check_complete(value, document)
    if faults:
        raise MalformedPolicy(faults[0])
    _check_actions(document)
    return document


def validate_session_policy(text: str) -> Document:
    """Check the policy of a session, as STS does. Raises MalformedPolicy."""
    value = _read_json(text, SYNTAX)
    document = _read_identity_document(value)
    if any(statement.principals is not None for statement in document.statements):
        raise MalformedPolicy("Policy document should not specify a principal.")
    if any(str(each.get("Effect")) not in ("Allow", "Deny") for each in _statements(value)):
        raise MalformedPolicy(LEGACY)
    if any(not _is_base64(each) or any(map(is_incomplete, each.resources or ())) for each in document.statements):
        raise MalformedPolicy(LEGACY)
    _check_complete(value, document)
    _check_actions(document)
    return document


def validate_trust_policy(text: str, *, principal_exists: PrincipalExists) -> Document:
    """Check a role trust policy. Raises MalformedPolicy."""
    value = _read_json(text, "This policy contains invalid Json")
    if value.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise MalformedPolicy("The policy must contain a valid version string")
    if value.get("Statement") in (None, []):
        raise MalformedPolicy("Could not parse the policy: Statement is empty!")
    for statement in _statements(value):
        _check_trust_elements(statement)
    document = _read(value, TRUST_SYNTAX)
    sids = [statement.sid for statement in document.statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise MalformedPolicy("The Statement Ids in the policy are not unique")
    if not all(_has_valid_literals(statement) for statement in document.statements):
        raise MalformedPolicy(TRUST_SYNTAX)
    for statement in document.statements:
        if not all(_is_trust_action(action) for action in statement.actions):
            raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
        _check_principals(statement, principal_exists, lambda kind, name: f' in policy: "{kind.upper()}":"{name}"')
        _check_shared_providers(statement)
    return document


def validate_bucket_policy(
    text: str,
    bucket_arn: str,
    *,
    principal_exists: PrincipalExists,
    actions: Mapping[str, frozenset[Literal["bucket", "object"]]] | None = None,
    keys: ConditionKeys | None = None,
    before_key: str = "/",
) -> Document:
    """Check the policy of a bucket, or of an access point. Raises MalformedPolicy.

    `actions` are S3's actions in lower case, each with the types of resource that it applies to; without it, any name
    after `s3:` is an action of everything. Without `keys`, any name is a condition key. `before_key` stands between the
    ARN and the key of an object.
    """
    if not text.startswith("{"):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    policy = _read_json(text, "This policy contains invalid Json")
    if len(json.dumps(policy, ensure_ascii=False, separators=(",", ":")).encode()) > BUCKET_POLICY_BYTES_MAX:
        raise MalformedPolicy(
            f"Normalized policy document exceeds the maximum allowed size of {BUCKET_POLICY_BYTES_MAX} bytes"
        )
    check_elements(policy, _statements(policy))
    document = _read(policy, "Invalid policy syntax.")
    for statement in document.statements:
        _check_principals(statement, principal_exists, lambda _kind, _name: " in policy")
        _check_bucket_statement(statement, bucket_arn, actions, before_key)
        fault = None if keys is None else key_fault(statement, keys)
        if fault is not None:
            raise MalformedPolicy(fault)
        _check_bucket_literals(statement)
    return document


def validate_control_policy(text: str, rcp_services: frozenset[str] | None = None) -> Document:
    """Check a service control policy that a customer writes, or a resource control policy. Raises MalformedPolicy.

    `rcp_services`, the prefixes of the services that the latter is about, is given for those only.
    """
    try:
        document = parse_document(text)
        _check_actions(document)
    except MalformedPolicy:
        raise MalformedPolicy(CONTROL_POLICY) from None
    for statement in document.statements:
        fits = statement.principals is None if rcp_services is None else _is_resource_control(statement, rcp_services)
        if not (fits and statement.resources and _has_valid_literals(statement)):
            raise MalformedPolicy(CONTROL_POLICY)
    return document


def _is_resource_control(statement: Statement, services: frozenset[str]) -> bool:
    """True for a Deny of named services' actions to everyone."""
    everyone = tuple((each.type, each.value) for each in statement.principals or ())
    is_for_everyone = everyone in ((("*", "*"),), (("AWS", "*"),)) and not statement.is_not_principal
    is_of_services = all(action.partition(":")[0].lower() in services for action in statement.actions)
    return statement.effect == "Deny" and is_for_everyone and is_of_services and not statement.is_not_action


def _read_json(text: str, sentence: str) -> dict[str, Any]:
    try:
        value = parse_json(text)
    except InvalidJson:
        raise MalformedPolicy(sentence) from None
    if not isinstance(value, dict):
        raise MalformedPolicy(sentence)
    return cast("dict[str, Any]", value)


def _read(value: dict[str, Any], sentence: str) -> Document:
    try:
        return read_document(value)
    except MalformedPolicy:
        raise MalformedPolicy(sentence) from None


def _statements(value: dict[str, Any]) -> list[dict[str, Any]]:
    statements = value.get("Statement")
    listed = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    return [cast("dict[str, Any]", each) for each in listed if isinstance(each, dict)]


def _read_identity_document(value: dict[str, Any]) -> Document:
    """Read a document; what IAM reports later than faults of syntax is passed over here."""
    statements = value.get("Statement")
    listed = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    document = _read({**value, "Statement": [_completed(each) for each in listed]}, SYNTAX)
    if any(statement.sid and not _SID.match(statement.sid) for statement in document.statements):
        raise MalformedPolicy(SYNTAX)
    return document


def _completed(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    given = cast("dict[str, Any]", statement)
    completed = dict(given)
    if _is_missing(given, "Action"):
        completed["NotAction" if "NotAction" in given else "Action"] = "any:Action"
    effect = given.get("Effect")
    if isinstance(effect, str) and effect.lower() in ("allow", "deny"):
        completed["Effect"] = effect.capitalize()
    return completed


def _is_missing(statement: dict[str, Any], name: str) -> bool:
    """True when an element in either form is absent or an empty list, and no other fault of form is there."""
    forms = [each for each in (name, f"Not{name}") if each in statement]
    return not forms or (len(forms) == 1 and statement[forms[0]] == [])


def _check_complete(value: dict[str, Any], document: Document) -> None:
    sids = [statement.sid for statement in document.statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")
    for element in ("Action", "Resource"):
        if any(_is_missing(statement, element) for statement in _statements(value)):
            raise MalformedPolicy(f"Policy statement must contain {element.lower()}s.")


def _check_actions(document: Document) -> None:
    for action in (each for statement in document.statements for each in statement.actions):
        vendor, colon, name = action.partition(":")
        if action == "*":
            continue
        if not colon:
            raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        if ":" in name:
            raise MalformedPolicy("Actions/Condition can contain only one colon.")
        if not _VENDOR.match(vendor):
            raise MalformedPolicy(f"Vendor {vendor} is not valid")


def _has_valid_literals(statement: Statement) -> bool:
    """True when every value of every condition is one of its operator's type."""
    for condition in statement.conditions:
        operator = parse_operator(condition.operator)
        if operator is None or not all(_is_literal(operator.comparison, value) for value in condition.values):
            return False
    return True


def _is_literal(comparison: str, value: str) -> bool:
    if comparison.startswith("Numeric"):
        return parse_number(value) is not None
    if comparison.startswith("Date"):
        return parse_date(value) is not None or _LENIENT_DATE.match(value) is not None
    match comparison:
        case "BinaryEquals":
            return parse_base64(value) is not None
        case "IpAddress":
            return parse_network(value) is not None
        case "ArnLike":
            return "${" in value or value == "*" or value.count(":") >= 5
        case _:
            return True


def _is_base64(statement: Statement) -> bool:
    return all(
        parse_base64(value) is not None
        for each in statement.conditions
        if each.operator.lower().find("binaryequals") >= 0
        for value in each.values
    )


def _check_trust_elements(statement: dict[str, Any]) -> None:
    if "Effect" not in statement:
        raise MalformedPolicy("Missing required field Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise MalformedPolicy(f"Invalid effect: {statement['Effect']}")
    if "NotPrincipal" in statement:
        is_allow = statement["Effect"] == "Allow"
        raise MalformedPolicy(
            "Allow with NotPrincipal is not allowed."
            if is_allow
            else "AssumeRole policy must not contain NotPrincipal field."
        )
    if "Principal" not in statement:
        raise MalformedPolicy("Missing required field Principal")
    if not isinstance(statement["Principal"], dict):
        raise MalformedPolicy("Principal must be a JSON object.")
    if not statement["Principal"]:
        raise MalformedPolicy("Missing required field Principal cannot be empty!")
    if "Action" not in statement or statement["Action"] == []:
        raise MalformedPolicy("Missing required field Action")
    if "Resource" in statement:
        raise MalformedPolicy("Has prohibited field Resource")
    if "NotResource" in statement:
        raise MalformedPolicy("AssumeRole policy must not contain resources.")


def _is_trust_action(action: str) -> bool:
    """True as AWS spells it: other cases are refused as `sts:*` is, the family `sts:AssumeRole*` is not."""
    if action in TRUST_ACTIONS or not action.startswith("sts:AssumeRole"):
        return action in TRUST_ACTIONS
    pattern = Pattern(parse_pattern(action))
    return any(pattern.matches(each) for each in TRUST_ACTIONS)


def _check_principals(
    statement: Statement, principal_exists: PrincipalExists, naming: Callable[[str, str], str]
) -> None:
    for each in statement.principals or ():
        is_everyone = each.value == "*" and each.type in ("*", "AWS")
        is_named = each.value and "*" not in each.value and "?" not in each.value
        if not (is_everyone or (is_named and principal_exists(each.type, each.value))):
            raise MalformedPolicy(f"Invalid principal{naming(each.type, each.value)}")


def _check_shared_providers(statement: Statement) -> None:
    if statement.effect != "Allow":
        return
    actions = [Pattern(parse_pattern(action.lower())) for action in statement.actions]
    if not any(pattern.matches("sts:assumerolewithwebidentity") for pattern in actions):
        return
    for each in statement.principals or ():
        why = unheld(statement, each.value) if each.type == "Federated" else None
        if why is not None:
            raise MalformedPolicy(why)


def _check_bucket_statement(
    statement: Statement,
    bucket_arn: str,
    actions: Mapping[str, frozenset[Literal["bucket", "object"]]] | None,
    before_key: str,
) -> None:
    if not statement.principals:
        raise MalformedPolicy("Invalid principal in policy")
    if not statement.resources:
        raise MalformedPolicy("Policy has invalid resource")
    kinds: set[str] = set()
    for resource in statement.resources:
        names_bucket = Pattern(parse_pattern(resource)).matches(bucket_arn)
        head, slash, _ = resource.partition(before_key)
        names_objects = bool(slash) and Pattern(parse_pattern(head)).matches(bucket_arn)
        if resource == "*" or not (names_bucket or names_objects):
            raise MalformedPolicy("Policy has invalid resource")
        kinds |= ({"bucket"} if names_bucket else set()) | ({"object"} if names_objects or "*" in resource else set())
    for action in statement.actions:
        if action == "*":
            continue
        pattern = Pattern(parse_pattern(action.lower()))
        named = None if actions is None else [each for name, each in actions.items() if pattern.matches(name)]
        if named == [] or (named is None and not action.lower().startswith("s3:")):
            raise MalformedPolicy("Policy has invalid action")
        if named is not None and not statement.is_not_action and not any(each & kinds for each in named):
            raise MalformedPolicy("Action does not apply to any resource(s) in statement")


def _check_bucket_literals(statement: Statement) -> None:
    if _has_valid_literals(statement):
        return
    asked = [(parse_operator(each.operator), each.values) for each in statement.conditions]
    networks = [
        each for operator, values in asked if operator and operator.comparison == "IpAddress" for each in values
    ]
    if not all(_is_literal("IpAddress", each) for each in networks):
        raise MalformedPolicy("Invalid IP address in Conditions")
    raise MalformedPolicy("Policy has invalid condition")
