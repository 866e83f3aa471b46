"""The policy simulator: what policies would say, and which context keys they ask about.

The engine that decides live requests decides here, too, for every action on every resource; a result is an action's.
What the simulator does not do, as AWS's does not: resource control policies, and looking up the resource's own policy.

# DIFFERS: 0005. Trust policies and conditions of service control policies are evaluated; AWS passes them over.
# DIFFERS: 0005. `CallerArn` may name a session or the root user, not only a user, group or role.
# DIFFERS: 0005. The id and the tags of the principal are known, and a resource policy may be about `*`.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html and
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.policy.context_keys import listed_keys, read_incomplete
from watchword.policy.decision import Layer
from watchword.policy.language import Document, MalformedPolicy
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput
from watchword.services.iam.simulated_policies import (
    Simulated,
    attached,
    given,
    given_levels,
    given_resource_policy,
    kept,
    managed,
    policy_source,
    stored_levels,
)
from watchword.services.iam.simulated_requests import Simulation, resources_of, simulated_caller
from watchword.services.operation import operation


@operation("iam:SimulateCustomPolicy")
def simulate_custom_policy(call: Call[shapes.SimulateCustomPolicyRequest]) -> shapes.SimulatePolicyResponse:
    """Simulate with policies from the request alone. Raises InvalidInput."""
    asked = call.request
    if asked.resource_policy is not None and asked.caller_arn is None:
        raise InvalidInput("Invalid caller - Caller cannot be null or empty.")
    caller = simulated_caller(asked.caller_arn, call.account, None)
    simulation = Simulation(
        caller=caller,
        identity=given(asked.policy_input_list, "PolicyInputList", Layer.IDENTITY),
        boundary=_only(given(asked.permissions_boundary_policy_input_list, _BOUNDARY, Layer.BOUNDARY)),
        resource=given_resource_policy(asked.resource_policy),
        scps=given_levels(asked.ordered_organization_policy_input_list),
        asked=asked,
        now=call.now,
    )
    return _simulate(call, simulation)


@operation("iam:SimulatePrincipalPolicy")
def simulate_principal_policy(
    call: Call[shapes.SimulatePrincipalPolicyRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.SimulatePolicyResponse:
    """Simulate with the policies that a user, group or role has. Raises InvalidInput, NoSuchEntity."""
    asked = call.request
    entity = policy_source(directory, call.account, asked.policy_source_arn)
    excluded = asked.policy_exclusion_list or ()
    boundary = given(asked.permissions_boundary_policy_input_list, _BOUNDARY, Layer.BOUNDARY)
    if not boundary and not isinstance(entity, Group) and entity.boundary is not None:
        held = managed(directory, aws_policies, call.account, entity.boundary, Layer.BOUNDARY)
        boundary = kept([held], excluded)
    simulation = Simulation(
        caller=simulated_caller(asked.caller_arn, call.account, entity),
        identity=kept(attached(directory, aws_policies, entity), excluded)
        + given(asked.policy_input_list, "PolicyInputList", Layer.IDENTITY),
        boundary=_only(boundary),
        resource=given_resource_policy(asked.resource_policy),
        scps=stored_levels(directory, call.account, excluded),
        asked=asked,
        now=call.now,
        tags=() if isinstance(entity, Group) else entity.tags,
    )
    return _simulate(call, simulation)


PAGE_SIZE_MAX = 4_000_000
"""How many characters of policies are compared for one page, summed over actions and resources."""
ACTION_SIZE_MAX = 20_000_000
"""The same for one action, which a page cannot divide."""
RESOURCE_SIZE = 2_000
"""What a resource costs beside the policies, in characters."""
_BOUNDARY = "PermissionsBoundaryPolicyInputList"


def _only(boundary: tuple[Simulated, ...]) -> Simulated | None:
    if len(boundary) > 1:
        raise InvalidInput("The list of Permissions Boundary policies cannot exceed 1 items.")
    return boundary[0] if boundary else None


def _simulate(
    call: Call[shapes.SimulateCustomPolicyRequest] | Call[shapes.SimulatePrincipalPolicyRequest],
    simulation: Simulation,
) -> shapes.SimulatePolicyResponse:
    """One page of results: one for every action, in the order of the request. Raises InvalidInput."""
    asked = call.request
    if any(":" not in action for action in asked.action_names):
        raise InvalidInput("The action is invalid since it is missing names")
    resources = resources_of(asked)
    size = len(resources) * (simulation.size + RESOURCE_SIZE)
    if size > ACTION_SIZE_MAX:
        raise InvalidInput(f"Policies of this size cannot be simulated on {len(resources)} resources at once.")
    first = int(call.after) + 1 if call.after else 0
    assert call.page is not None
    # As AWS says of it, a page may be shorter than MaxItems: nobody waits for what one request makes of large policies.
    limit = min(call.page.limit, max(1, PAGE_SIZE_MAX // size))
    call = msgspec.structs.replace(call, page=call.page._replace(limit=limit))
    page = call.paged(range(first, len(asked.action_names)), str)
    results = [simulation.result(asked.action_names[number], resources) for number in page.rows]
    return shapes.SimulatePolicyResponse(evaluation_results=results, is_truncated=page.is_truncated, marker=page.marker)


@operation("iam:GetContextKeysForCustomPolicy")
def get_context_keys_for_custom_policy(
    call: Call[shapes.GetContextKeysForCustomPolicyRequest],
) -> shapes.GetContextKeysForPolicyResponse:
    """List the context keys that policies of the request ask about. Raises InvalidInput."""
    return _keys(_asked(call.request.policy_input_list))


@operation("iam:GetContextKeysForPrincipalPolicy")
def get_context_keys_for_principal_policy(
    call: Call[shapes.GetContextKeysForPrincipalPolicyRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.GetContextKeysForPolicyResponse:
    """List the context keys that the policies of a user, group or role ask about. Raises InvalidInput, NoSuchEntity."""
    asked = call.request
    entity = policy_source(directory, call.account, asked.policy_source_arn)
    policies = list(attached(directory, aws_policies, entity))
    if not isinstance(entity, Group) and entity.boundary is not None:
        policies.append(managed(directory, aws_policies, call.account, entity.boundary, Layer.BOUNDARY))
    # A policy that a user and its groups have counts once.
    distinct = {each.policy.source.arn or number: each.policy.document for number, each in enumerate(policies)}
    stored = [each.document for each in distinct.values() if each is not None]
    return _keys((*stored, *_asked(asked.policy_input_list)))


def _asked(texts: Sequence[str] | None) -> list[Document]:
    documents: list[Document] = []
    for number, text in enumerate(texts or (), 1):
        try:
            document = read_incomplete(text)
        except MalformedPolicy as error:
            raise InvalidInput(f"PolicyInputList.{number}: {error.message}") from None
        if document is not None:
            documents.append(document)
    return documents


def _keys(documents: Iterable[Document]) -> shapes.GetContextKeysForPolicyResponse:
    return shapes.GetContextKeysForPolicyResponse(context_key_names=list(listed_keys(documents)))
