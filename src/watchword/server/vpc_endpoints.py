"""The VPC endpoints that listeners stand for, with their policies read from files.

A policy that cannot be read stops the start: an endpoint without its policy would let more pass than was meant.
"""

from __future__ import annotations

from watchword.core.errors import OperatorError
from watchword.gateway.plans import Documents
from watchword.gateway.surroundings import VpcEndpoint
from watchword.policy.decision import Layer, PolicySource
from watchword.server.settings import Settings, VpcEndpointSettings

POLICY_CHARACTERS_MAX = 20_480
_FULL_ACCESS = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'


def load_vpc_endpoints(settings: Settings, documents: Documents) -> dict[str, VpcEndpoint]:
    """Every endpoint by id. Raises OperatorError."""
    endpoints: dict[str, VpcEndpoint] = {}
    for each in settings.vpc_endpoints:
        if each.id in endpoints:
            raise OperatorError(f"`{each.id}` stands for two listeners; give each its own id")
        policy = documents.sourced(PolicySource(Layer.ENDPOINT, each.id), _policy_text(each))
        if policy.document is None:
            raise OperatorError(
                f"`{each.policy_file}` is not an endpoint policy: every statement needs Principal, Action and Resource"
            )
        endpoints[each.id] = VpcEndpoint(
            id=each.id, vpc=each.vpc, policy=policy, account=each.account, region=settings.region
        )
    return endpoints


def _policy_text(endpoint: VpcEndpointSettings) -> str:
    if endpoint.policy_file is None:
        return _FULL_ACCESS
    try:
        text = endpoint.policy_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise OperatorError(f"the endpoint policy `{endpoint.policy_file}` cannot be read") from None
    if len(text) > POLICY_CHARACTERS_MAX:
        raise OperatorError(f"`{endpoint.policy_file}` is longer than {POLICY_CHARACTERS_MAX} characters")
    return text
