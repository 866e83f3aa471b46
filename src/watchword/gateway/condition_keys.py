"""The global condition keys as a declared table: name, type, and how each is read from a request.

A key whose type ends with `[]` is multivalued: its reader gives a tuple, however many values there are. A reader gives
None when the request has no such key. Nothing is computed before a policy asks.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from watchword.core.clock import iso8601
from watchword.core.tags import Tags, asked_tag
from watchword.directory.control_policies import membership, organization_path
from watchword.gateway.surroundings import Facts
from watchword.policy.principals import Kind
from watchword.policy.variables import ContextValue
from watchword.services.call import Authenticated

Reader = Callable[[Facts], ContextValue]
NamedReader = Callable[[Facts, str], ContextValue]
"""Reads a key with a name part (`aws:PrincipalTag/team`); the name comes in lower case."""


class Key(NamedTuple):
    """One global condition key."""

    name: str
    type: str
    """As in AWS's reference: `String`, `ARN`, `Bool`, `Date`, `IPAddress`, `Numeric`, with `[]` for lists."""
    read: Reader


class NamedKey(NamedTuple):
    """A family of keys; `name` ends with `/*`."""

    name: str
    type: str
    read: NamedReader


# The principal


_PRINCIPAL_TYPES: Final = {
    Kind.ROOT: "Account",
    Kind.USER: "User",
    Kind.ASSUMED_ROLE: "AssumedRole",
    Kind.FEDERATED_USER: "FederatedUser",
    Kind.ANONYMOUS: "Anonymous",
    Kind.WEB_IDENTITY: "User",
    Kind.SAML: "User",
}


_NAMED_BY_THEMSELVES: Final = (Kind.USER, Kind.ROOT, Kind.FEDERATED_USER)


def _principal_arn(facts: Facts) -> ContextValue:
    principal = facts.around.caller.principal
    if principal.kind in _NAMED_BY_THEMSELVES:
        return principal.arn
    return principal.issuer_arn if principal.kind is Kind.ASSUMED_ROLE else None


def _principal_type(facts: Facts) -> ContextValue:
    return _PRINCIPAL_TYPES.get(facts.around.caller.principal.kind)


def _principal_account(facts: Facts) -> ContextValue:
    return facts.around.caller.principal.account or None


def _is_service(facts: Facts) -> ContextValue:
    return _flag(facts.around.caller.principal.kind is Kind.SERVICE)


def _service_name(facts: Facts) -> ContextValue:
    principal = facts.around.caller.principal
    return principal.name if principal.kind is Kind.SERVICE else None


def _service_names(facts: Facts) -> ContextValue:
    principal = facts.around.caller.principal
    return (principal.name,) if principal.kind is Kind.SERVICE else None


def _user_id(facts: Facts) -> ContextValue:
    return facts.around.caller.principal.id or None


def _user_name(facts: Facts) -> ContextValue:
    principal = facts.around.caller.principal
    return principal.name if principal.kind is Kind.USER else None


def principal_tags(facts: Facts) -> Tags:
    """The tags of the user (or the one behind a federated user) or role, and after them the session's, which win."""
    caller = facts.around.caller
    principal = caller.principal
    own: Tags = ()
    if principal.kind is Kind.USER or principal.kind is Kind.FEDERATED_USER:
        user = facts.directory.users.seek("id", principal.unique_id)
        own = user.tags if user else ()
    elif principal.kind is Kind.ASSUMED_ROLE:
        role = facts.directory.roles.seek("id", principal.unique_id)
        own = role.tags if role else ()
    return own + (caller.session.tags if caller.session else ())


def _principal_tag(facts: Facts, name: str) -> ContextValue:
    found = None
    for key, value in principal_tags(facts):
        if key.lower() == name:
            found = value
    return found


# Organizations


def _organization_of(account: Callable[[Facts], str]) -> Reader:
    def read(facts: Facts) -> ContextValue:
        found = membership(facts.directory, account(facts))
        return None if found is None else found[1].id

    return read


def _path_of(account: Callable[[Facts], str]) -> Reader:
    def read(facts: Facts) -> ContextValue:
        path = organization_path(facts.directory, account(facts))
        return None if path is None else (path,)

    return read


def _callers_account(facts: Facts) -> str:
    return facts.around.caller.principal.account


def _resources_account(facts: Facts) -> str:
    return facts.resource.account


def _endpoints_account(facts: Facts) -> str:
    endpoint = facts.around.endpoint
    return "" if endpoint is None else endpoint.account


# The session


def _token_issue_time(facts: Facts) -> ContextValue:
    session = facts.around.caller.session
    return None if session is None else iso8601(session.issued_at)


def _brings_second_factor(facts: Facts) -> bool:
    """True for a request that is judged as one with a second factor.

    INVARIANT: an operation that is declared so verifies the code after it was authorized, and before it answers.
    """
    around = facts.around
    if not around.requirement.takes_second_factor:
        return False
    return around.request.serial_number is not None and around.request.token_code is not None


def _mfa_present(facts: Facts) -> ContextValue:
    if _brings_second_factor(facts):
        return "true"
    session = facts.around.caller.session
    return None if session is None else _flag(session.mfa_at is not None)


def _mfa_age(facts: Facts) -> ContextValue:
    if _brings_second_factor(facts):
        return "0"
    session = facts.around.caller.session
    if session is None or session.mfa_at is None:
        return None
    return str(int((facts.around.now - session.mfa_at).total_seconds()))


def _source_identity(facts: Facts) -> ContextValue:
    session = facts.around.caller.session
    return (session.source_identity or None) if session else None


def of_session(caller: Authenticated, name: str) -> ContextValue:
    """A key that the session carries from the day that it was issued; `name` in lower case. Several: a tuple."""
    if caller.session is None or not caller.session.context:
        return None
    values = tuple(value for key, value in caller.session.context if key.lower() == name)
    return values if len(values) > 1 else values[0] if values else None


def _carried(name: str) -> Reader:
    folded = name.lower()

    def read(facts: Facts) -> ContextValue:
        return of_session(facts.around.caller, folded)

    return read


# The network


def header_reader(name: bytes) -> Reader:
    """A reader of a request header, named in lower case."""

    def read(facts: Facts) -> ContextValue:
        return facts.around.head.header_text(name)

    return read


def _source_ip(facts: Facts) -> ContextValue:
    return facts.around.head.client_address if facts.around.endpoint is None else None


def _vpc_source_ip(facts: Facts) -> ContextValue:
    return None if facts.around.endpoint is None else facts.around.head.client_address


def _endpoint_id(facts: Facts) -> ContextValue:
    endpoint = facts.around.endpoint
    return None if endpoint is None else endpoint.id


def _vpc(facts: Facts) -> ContextValue:
    endpoint = facts.around.endpoint
    return None if endpoint is None else endpoint.vpc


def _vpc_arn(facts: Facts) -> ContextValue:
    endpoint = facts.around.endpoint
    if endpoint is None or not endpoint.account:
        return None
    return f"arn:aws:ec2:{endpoint.region}:{endpoint.account}:vpc/{endpoint.vpc}"


def _endpoint_account(facts: Facts) -> ContextValue:
    return _endpoints_account(facts) or None


def _secure_transport(facts: Facts) -> ContextValue:
    return _flag(facts.around.head.scheme == "https")


# The request and the resource


def _current_time(facts: Facts) -> ContextValue:
    return iso8601(facts.around.now)


def _epoch_time(facts: Facts) -> ContextValue:
    return str(int(facts.around.now.timestamp()))


def _requested_region(facts: Facts) -> ContextValue:
    return facts.around.region


def resource_account(facts: Facts) -> ContextValue:
    """The account that owns the resource."""
    return facts.resource.account or None


def _resource_tag(facts: Facts, name: str) -> ContextValue:
    return asked_tag(facts.resource.tags, name)


def _tag_keys(facts: Facts) -> ContextValue:
    tags = getattr(facts.around.request, "tags", None)
    keys = getattr(facts.around.request, "tag_keys", None)
    if tags is None and keys is None:
        return None
    return tuple(tag.key for tag in tags or ()) + tuple(keys or ())


def _request_tag(facts: Facts, name: str) -> ContextValue:
    tags = getattr(facts.around.request, "tags", None)
    return asked_tag(((tag.key, tag.value) for tag in tags), name) if tags else None


def _flag(claim: bool) -> str:
    return "true" if claim else "false"


def _no(facts: Facts) -> ContextValue:
    return "false"


def _never(facts: Facts) -> ContextValue:
    """A key of what does not exist here: a service that calls for another principal, a chat, an MCP server."""
    return None


GLOBAL_KEYS: Final[tuple[Key, ...]] = (
    Key("aws:PrincipalArn", "ARN", _principal_arn),
    Key("aws:PrincipalAccount", "String", _principal_account),
    Key("aws:PrincipalType", "String", _principal_type),
    Key("aws:PrincipalIsAWSService", "Bool", _is_service),
    Key("aws:PrincipalServiceName", "String", _service_name),
    Key("aws:PrincipalServiceNamesList", "String[]", _service_names),
    Key("aws:PrincipalOrgID", "String", _organization_of(_callers_account)),
    Key("aws:PrincipalOrgPaths", "String[]", _path_of(_callers_account)),
    Key("aws:userid", "String", _user_id),
    Key("aws:username", "String", _user_name),
    Key("aws:TokenIssueTime", "Date", _token_issue_time),
    Key("aws:MultiFactorAuthPresent", "Bool", _mfa_present),
    Key("aws:MultiFactorAuthAge", "Numeric", _mfa_age),
    Key("aws:SourceIdentity", "String", _source_identity),
    Key("aws:AssumedRoot", "Bool", _carried("aws:AssumedRoot")),
    Key("aws:FederatedProvider", "String", _carried("aws:FederatedProvider")),
    Key("aws:Ec2InstanceSourceVpc", "String", _carried("aws:Ec2InstanceSourceVpc")),
    Key("aws:Ec2InstanceSourcePrivateIPv4", "IPAddress", _carried("aws:Ec2InstanceSourcePrivateIPv4")),
    Key("aws:ChatbotSourceArn", "ARN", _never),
    Key("aws:SourceIp", "IPAddress", _source_ip),
    Key("aws:VpcSourceIp", "IPAddress", _vpc_source_ip),
    Key("aws:SourceVpce", "String", _endpoint_id),
    Key("aws:SourceVpc", "String", _vpc),
    Key("aws:SourceVpcArn", "String", _vpc_arn),
    Key("aws:VpceAccount", "String", _endpoint_account),
    Key("aws:VpceOrgID", "String", _organization_of(_endpoints_account)),
    Key("aws:VpceOrgPaths", "String[]", _path_of(_endpoints_account)),
    Key("aws:SecureTransport", "Bool", _secure_transport),
    Key("aws:UserAgent", "String", header_reader(b"user-agent")),
    Key("aws:referer", "String", header_reader(b"referer")),
    Key("aws:CurrentTime", "Date", _current_time),
    Key("aws:EpochTime", "Date", _epoch_time),
    Key("aws:RequestedRegion", "String", _requested_region),
    Key("aws:TagKeys", "String[]", _tag_keys),
    Key("aws:ResourceAccount", "String", resource_account),
    Key("aws:ResourceOrgID", "String", _organization_of(_resources_account)),
    Key("aws:ResourceOrgPaths", "String[]", _path_of(_resources_account)),
    # No service calls another here on behalf of a caller.
    Key("aws:ViaAWSService", "Bool", _no),
    Key("aws:ViaAWSMCPService", "Bool", _no),
    Key("aws:IsMcpServiceAction", "Bool", _no),
    Key("aws:CalledVia", "String[]", _never),
    Key("aws:CalledViaFirst", "String", _never),
    Key("aws:CalledViaLast", "String", _never),
    Key("aws:CalledViaAWSMCP", "String", _never),
    Key("aws:SourceAccount", "String", _never),
    Key("aws:SourceArn", "ARN", _never),
    Key("aws:SourceOrgID", "String", _never),
    Key("aws:SourceOrgPaths", "String[]", _never),
    Key("aws:SourceOwner", "String", _never),
    # What credentials that a service delivers say of where they were delivered to.
    Key("ec2:RoleDelivery", "Numeric", _carried("ec2:RoleDelivery")),
    Key("ec2:SourceInstanceArn", "ARN", _carried("ec2:SourceInstanceArn")),
    Key("glue:CredentialIssuingService", "String", _carried("glue:CredentialIssuingService")),
    Key("glue:RoleAssumedBy", "String", _carried("glue:RoleAssumedBy")),
    Key("identitystore:UserId", "String", _carried("identitystore:UserId")),
    Key("lambda:SourceFunctionArn", "ARN", _carried("lambda:SourceFunctionArn")),
    Key("ssm:SourceInstanceArn", "ARN", _carried("ssm:SourceInstanceArn")),
)
NAMED_KEYS: Final[tuple[NamedKey, ...]] = (
    NamedKey("aws:PrincipalTag/*", "String", _principal_tag),
    NamedKey("aws:RequestTag/*", "String", _request_tag),
    NamedKey("aws:ResourceTag/*", "String", _resource_tag),
)
