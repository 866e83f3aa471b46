"""STS's own condition keys, from the request that asks for them.

Source: AWS's service authorization reference for STS.
"""

from __future__ import annotations

from watchword.core.tags import asked_tag
from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated
from watchword.services.sts import shapes
from watchword.services.sts.roles import SESSION_SECONDS_DEFAULT


def _external_id(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    return request.external_id


def _session_name(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    return request.role_session_name


def _duration(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    return str(request.duration_seconds or SESSION_SECONDS_DEFAULT)


def _source_identity(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    inherited = caller.session.source_identity if caller.session else ""
    return request.source_identity or inherited or None


def _transitive_tag_keys(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    return tuple(request.transitive_tag_keys or ()) or None


def _context_providers(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    return tuple(each.provider_arn for each in request.provided_contexts or () if each.provider_arn) or None


def _role_tag(request: shapes.AssumeRoleRequest, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return asked_tag(resource.tags, name)


KEYS: dict[str, KeyReader] = {
    "sts:externalid": _external_id,
    "sts:requestcontextproviders": _context_providers,
    "sts:rolesessionname": _session_name,
    "sts:durationseconds": _duration,
    "sts:sourceidentity": _source_identity,
    "sts:transitivetagkeys": _transitive_tag_keys,
}
PREFIXES: dict[str, PrefixReader] = {"iam:resourcetag/": _role_tag}
