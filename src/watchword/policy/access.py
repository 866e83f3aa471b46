"""What an evaluation is asked: a request, and the policies that apply to it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/intro-structure.html#intro-structure-request
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Protocol

import msgspec

from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import MalformedPolicy
from watchword.policy.principals import Principal
from watchword.policy.variables import ContextValue

NOT_CONTROLLED: Final = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that no policy grants or takes away, in lower case."""
ROOT_KEEPS_BUCKET_POLICY: Final = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
"""What root may do with a bucket of its account whatever the bucket's policy says: nobody is locked out for ever.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
"""


class Context(Protocol):
    """The request's context keys, computed when a policy asks."""

    def get(self, key: str, /) -> ContextValue:
        """Look up a key, named in lower case; None when the request has no such key.

        A tuple when the key's declared type is a list, however many values there are.
        """
        ...


class ResourceRule(Enum):
    """What a resource-based policy is worth in the account of the caller."""

    UNION = "union"
    """It may grant, and so may the caller's policies: the rule of most services."""
    REQUIRED = "required"
    """It must allow, and naming only the account makes the caller's policies count: role trust and KMS key policies."""


class SourcedPolicy:
    """A document and where it comes from.

    `document` None says that the stored text cannot be evaluated: such a policy never lets anything pass.
    """

    __slots__ = ("document", "source")

    def __init__(self, source: PolicySource, document: CompiledDocument | None) -> None:
        self.source = source
        self.document = document
        if document is not None:
            _check_elements(source.layer, document)


def _check_elements(layer: Layer, document: CompiledDocument) -> None:
    """Raise MalformedPolicy when a statement has not the elements of its policy type.

    A policy without a Resource, or with a Principal, where the type forbids it would say more than was meant.
    """
    has_principal = layer in (Layer.RESOURCE, Layer.TRUST, Layer.RCP, Layer.ENDPOINT)
    if (not has_principal) in document.names_principals:
        raise MalformedPolicy(f"a {layer.value} {'must' if has_principal else 'must not'} name principals")
    if (layer is Layer.TRUST) in document.names_resources:
        raise MalformedPolicy(f"a {layer.value} {'must not' if layer is Layer.TRUST else 'must'} name resources")


class AccessRequest(msgspec.Struct, frozen=True, gc=False):
    """One caller, one action, one resource. An API call may need several; every one must be allowed."""

    principal: Principal
    action: str
    """`service:Name` in AWS's spelling."""
    resource: str
    """An ARN, or `*` for an action without resource types."""
    resource_account: str
    """The account that owns the resource: the caller's own for `*`."""
    context: Context
    resource_rule: ResourceRule = ResourceRule.UNION


Levels = tuple[tuple[SourcedPolicy, ...], ...]
"""Control policies from the organization's root down to the account: each level must allow."""


class Policies(msgspec.Struct, frozen=True):
    """All policies that apply to a request, those of a user's groups included."""

    identity: tuple[SourcedPolicy, ...] = ()
    boundary: SourcedPolicy | None = None
    session: tuple[SourcedPolicy, ...] | None = None
    """None: the session was made without a session policy."""
    resource: SourcedPolicy | None = None
    endpoint: SourcedPolicy | None = None
    """The policy of the VPC endpoint through which the request came."""
    scps: Levels | None = None
    """Of the caller's account; None outside an organization and in its management account."""
    rcps: Levels | None = None
    """Of the resource's account, RCPFullAWSAccess among them; None where control policies do not reach: outside an
    organization, its management account, services and actions off the list, assuming a service-linked role."""
