"""AssumeRole: temporary credentials of a role. Whether the caller may is decided before, by the trust policy.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from watchword.core.arn import assumed_role_arn
from watchword.core.ids import AccountId, RandomBytes
from watchword.core.tags import TAGS_MAX, Tags
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import Session, SessionKind
from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated, Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.credentials import credentials_view, issue
from watchword.services.sts.faults import AccessDenied, InvalidParameterValue, ValidationError
from watchword.services.sts.resources import find_role
from watchword.services.sts.second_factors import second_factor_at, verify_second_factor
from watchword.services.sts.session_policies import checked_policy, checked_policy_arns

SESSION_SECONDS_DEFAULT = 3_600
CHAINED_SECONDS_MAX = 3_600


@operation("sts:AssumeRole", prepare=verify_second_factor, waits_for="serial_number")
def assume_role(
    call: Call[shapes.AssumeRoleRequest],
    directory: Directory,
    session_sealer: Sealer,
    random_bytes: RandomBytes,
    aws_policies: AwsPolicies,
    prepared: datetime | None,
) -> shapes.AssumeRoleResponse:
    """Issue a session of a role.

    Raises ValidationError (duration), InvalidParameterValue (tags), MalformedPolicyDocument, PackedPolicyTooLarge,
    AccessDenied.
    """
    asked, caller = call.request, call.caller
    if caller.principal.kind is Kind.ROOT:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    mfa_at = second_factor_at(asked, prepared)
    if asked.provided_contexts:
        raise ValidationError("No identity provider here issues context assertions: ProvidedContexts must be empty.")
    role = find_role(asked.role_arn, directory)
    assert role is not None, "a role that does not exist was authorized"
    tags, transitive = session_tags(asked.tags, asked.transitive_tag_keys, caller)
    issued_at = call.now.replace(microsecond=0)
    session = Session(
        kind=SessionKind.ROLE,
        account=AccountId(role.account),
        principal_id=role.id,
        principal_name=role.name,
        session_name=asked.role_session_name,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=session_seconds(asked.duration_seconds, role, caller)),
        mfa_at=mfa_at,
        chain_depth=caller.session.chain_depth + 1 if _is_chained(caller) and caller.session else 0,
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=source_identity(asked.source_identity, caller),
        policy=checked_policy(asked.policy),
        policy_arns=checked_policy_arns(asked.policy_arns, directory, aws_policies, role.account),
    )
    issued = issue(session, asked, session_sealer, random_bytes)
    return shapes.AssumeRoleResponse(
        credentials=credentials_view(issued),
        assumed_role_user=shapes.AssumedRoleUser(
            assumed_role_id=f"{role.id}:{asked.role_session_name}",
            arn=assumed_role_arn(role.account, role.name, asked.role_session_name),
        ),
        packed_policy_size=issued.packed_policy_percent or None,
        source_identity=session.source_identity or None,
        session_token_size=len(issued.token),
        session_token_utilization=issued.token_percent,
    )


def session_seconds(asked: int | None, role: Role, caller: Authenticated) -> int:
    """How long the session lasts, in seconds. Raises ValidationError."""
    if _is_chained(caller):
        if asked is not None and asked > CHAINED_SECONDS_MAX:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            )
    elif asked is not None and asked > role.session_seconds_max:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return asked or SESSION_SECONDS_DEFAULT


def session_tags(
    asked: Sequence[shapes.Tag] | None, transitive_keys: Sequence[str] | None, caller: Authenticated
) -> tuple[Tags, tuple[str, ...]]:
    """The session's tags and which of them pass on to sessions assumed from it. Raises InvalidParameterValue.

    Tags that the calling session holds as transitive are inherited and cannot be set again.
    """
    if not asked and not transitive_keys and (caller.session is None or not caller.session.transitive_tag_keys):
        return (), ()
    pairs = [(tag.key, tag.value) for tag in asked or ()]
    names = {key.lower() for key, _ in pairs}
    if len(names) != len(pairs):
        raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(name.startswith("aws:") for name in names):
        raise InvalidParameterValue("Tag keys beginning with aws: are reserved for system use.")
    wanted = tuple(transitive_keys or ())
    if any(key.lower() not in names for key in wanted):
        raise InvalidParameterValue("The specified transitive tag key must be included in the requested tags.")
    inherited_keys = caller.session.transitive_tag_keys if caller.session else ()
    folded = {key.lower() for key in inherited_keys}
    if folded & names:
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    inherited = [pair for pair in caller.session.tags if pair[0].lower() in folded] if caller.session else []
    tags = (*inherited, *pairs)
    if len(tags) > TAGS_MAX:
        raise InvalidParameterValue("The number of session tags exceeds the maximum of 50.")
    return tags, (*inherited_keys, *wanted)


def source_identity(asked: str | None, caller: Authenticated) -> str:
    """The source identity of the session: set once, kept through every chained session. Raises AccessDenied."""
    inherited = caller.session.source_identity if caller.session else ""
    if asked and asked.lower().startswith("aws:"):
        raise ValidationError("SourceIdentity must not begin with `aws:`.")
    if inherited and asked and asked != inherited:
        raise AccessDenied("SourceIdentity cannot be changed once it is set for a session.")
    return asked or inherited


def _is_chained(caller: Authenticated) -> bool:
    return caller.principal.kind is Kind.ASSUMED_ROLE
