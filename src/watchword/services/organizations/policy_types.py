"""Which types of control policy are in force in the organization.

Enabling a type attaches AWS's policy that allows everything to the root, every unit and every account; disabling it
detaches all policies of the type, which is for good.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html and
API_DisablePolicyType.html
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.directory import Directory
from watchword.directory.organizations import Organization
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.attachments import attach_full_access
from watchword.services.organizations.errors import (
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from watchword.services.organizations.lookups import control_type, managed_organization
from watchword.services.organizations.organizations import root_view


def _rooted(
    call: Call[shapes.EnablePolicyTypeRequest] | Call[shapes.DisablePolicyTypeRequest], directory: Directory
) -> Organization:
    organization = managed_organization(call, directory)
    if call.request.root_id != organization.root_id:
        raise RootNotFoundException("You specified a root that doesn't exist.")
    return organization


@operation("organizations:EnablePolicyType", writes=True)
def enable_policy_type(
    call: Call[shapes.EnablePolicyTypeRequest], directory: Directory
) -> shapes.EnablePolicyTypeResponse:
    """Enable a type.

    Raises RootNotFoundException, PolicyTypeAlreadyEnabledException, PolicyTypeNotAvailableForOrganizationException.
    """
    organization = _rooted(call, directory)
    policy_type = control_type(organization, call.request.policy_type)
    if policy_type in organization.policy_types:
        raise PolicyTypeAlreadyEnabledException("The specified policy type is already enabled.")
    organization = replace(organization, policy_types=(*organization.policy_types, policy_type))
    directory.organizations.replace(organization)
    targets = [organization.root_id]
    targets += [unit.id for unit in directory.organizational_units.under(organization.id)]
    targets += [member.account for member in directory.members.where("organization", organization.id)]
    for target in targets:
        attach_full_access(directory, organization, target, (policy_type,))
    return shapes.EnablePolicyTypeResponse(root=root_view(organization))


@operation("organizations:DisablePolicyType", writes=True)
def disable_policy_type(
    call: Call[shapes.DisablePolicyTypeRequest], directory: Directory
) -> shapes.DisablePolicyTypeResponse:
    """Disable a type. Raises RootNotFoundException, PolicyTypeNotEnabledException."""
    organization = _rooted(call, directory)
    policy_type = call.request.policy_type
    if policy_type not in organization.policy_types:
        raise PolicyTypeNotEnabledException("This operation can be performed only for enabled policy types.")
    left = tuple(each for each in organization.policy_types if each != policy_type)
    organization = replace(organization, policy_types=left)
    directory.organizations.replace(organization)
    for target in list(directory.policy_targets.under(organization.id)):
        if target.type == policy_type:
            directory.policy_targets.remove(target)
    return shapes.DisablePolicyTypeResponse(root=root_view(organization))
