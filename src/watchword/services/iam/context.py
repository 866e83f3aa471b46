"""IAM's own condition keys, from the request and the resource.

`iam:PermissionsBoundary` is the boundary that a request sets, and for other requests the one that the user or role has.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from typing import Any

from watchword.core.tags import asked_tag
from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated
from watchword.services.iam.resources import IamResource

INSTANCE_SERVICE = "ec2.amazonaws.com"
"""What the role of an instance profile is passed to."""


def _permissions_boundary(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    if hasattr(request, "permissions_boundary"):
        return request.permissions_boundary
    return resource.boundary if isinstance(resource, IamResource) else None


def _policy_arn(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return request.policy_arn


def _passed_to_service(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return INSTANCE_SERVICE


def _resource_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    if not isinstance(resource, IamResource) or not resource.is_principal:
        return None
    return asked_tag(resource.tags, name)


def _service_name(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return request.aws_service_name


def _of_security_keys(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """Keys of FIDO security keys, which cannot be registered here."""
    return None


KEYS: dict[str, KeyReader] = {
    "iam:awsservicename": _service_name,
    "iam:fido-certification": _of_security_keys,
    "iam:fido-fips-140-2-certification": _of_security_keys,
    "iam:fido-fips-140-3-certification": _of_security_keys,
    "iam:registersecuritykey": _of_security_keys,
    "iam:passedtoservice": _passed_to_service,
    "iam:permissionsboundary": _permissions_boundary,
    "iam:policyarn": _policy_arn,
}
PREFIXES: dict[str, PrefixReader] = {"iam:resourcetag/": _resource_tag}
