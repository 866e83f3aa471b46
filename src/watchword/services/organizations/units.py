"""Organizational units.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.core.errors import AlreadyExists, ApiError
from watchword.core.ids import RandomBytes
from watchword.directory.control_policies import UNITS_DEEP_MAX, chain
from watchword.directory.directory import Directory
from watchword.directory.organizations import Organization, OrganizationalUnit
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.accounts import no_parent
from watchword.services.organizations.attachments import attach_full_access, detach_everything
from watchword.services.organizations.errors import (
    DuplicateOrganizationalUnitException,
    OrganizationalUnitNotEmptyException,
)
from watchword.services.organizations.faults import UNITS_MAX, violation
from watchword.services.organizations.lookups import is_parent, managed_organization, new_id, unit_arn, unit_of
from watchword.services.organizations.tagging import checked_tags


def unit_view(directory: Directory, organization: Organization, unit: OrganizationalUnit) -> shapes.OrganizationalUnit:
    """A unit as the API shows it."""
    path = "/".join((organization.id, *chain(directory, organization, unit.id))) + "/"
    return shapes.OrganizationalUnit(id=unit.id, arn=unit_arn(organization, unit.id), name=unit.name, path=path)


@operation("organizations:CreateOrganizationalUnit", writes=True)
def create_organizational_unit(
    call: Call[shapes.CreateOrganizationalUnitRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateOrganizationalUnitResponse:
    """Create a unit. Raises ParentNotFoundException, DuplicateOrganizationalUnit…, ConstraintViolationException."""
    asked = call.request
    organization = managed_organization(call, directory)
    if not is_parent(directory, organization, asked.parent_id):
        raise no_parent()
    if len(chain(directory, organization, asked.parent_id)) > UNITS_DEEP_MAX:
        raise violation("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the allowed depth of the OU tree.")
    if directory.organizational_units.count(organization.id) >= UNITS_MAX:
        raise violation("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of OUs.")
    unit = OrganizationalUnit(
        organization=organization.id,
        id=new_id(f"ou-{organization.root_id.removeprefix('r-')}-", 8, random_bytes),
        parent_id=asked.parent_id,
        name=asked.name,
        created_at=call.now,
        tags=checked_tags(asked.tags, old=()),
    )
    try:
        directory.organizational_units.add(unit)
    except AlreadyExists:
        raise _duplicate() from None
    attach_full_access(directory, organization, unit.id)
    return shapes.CreateOrganizationalUnitResponse(organizational_unit=unit_view(directory, organization, unit))


def _duplicate() -> ApiError:
    return DuplicateOrganizationalUnitException("An OU with the same name already exists.")


@operation("organizations:UpdateOrganizationalUnit", writes=True)
def update_organizational_unit(
    call: Call[shapes.UpdateOrganizationalUnitRequest], directory: Directory
) -> shapes.UpdateOrganizationalUnitResponse:
    """Rename a unit. Raises OrganizationalUnitNotFoundException, DuplicateOrganizationalUnitException."""
    organization = managed_organization(call, directory)
    unit = unit_of(directory, organization, call.request.organizational_unit_id)
    unit = replace(unit, name=call.request.name or unit.name)
    try:
        directory.organizational_units.replace(unit)
    except AlreadyExists:
        raise _duplicate() from None
    return shapes.UpdateOrganizationalUnitResponse(organizational_unit=unit_view(directory, organization, unit))


@operation("organizations:DeleteOrganizationalUnit", writes=True)
def delete_organizational_unit(call: Call[shapes.DeleteOrganizationalUnitRequest], directory: Directory) -> None:
    """Delete an empty unit. Raises OrganizationalUnitNotFoundException, OrganizationalUnitNotEmptyException."""
    organization = managed_organization(call, directory)
    unit = unit_of(directory, organization, call.request.organizational_unit_id)
    for collection in (directory.members, directory.organizational_units):
        if next(iter(collection.where("parent", organization.id, unit.id, limit=1)), None) is not None:
            raise OrganizationalUnitNotEmptyException(
                "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child "
                "OUs, and try the operation again."
            )
    detach_everything(directory, organization, unit.id)
    directory.organizational_units.remove(unit)


@operation("organizations:DescribeOrganizationalUnit")
def describe_organizational_unit(
    call: Call[shapes.DescribeOrganizationalUnitRequest], directory: Directory
) -> shapes.DescribeOrganizationalUnitResponse:
    """Describe a unit. Raises OrganizationalUnitNotFoundException."""
    organization = managed_organization(call, directory)
    unit = unit_of(directory, organization, call.request.organizational_unit_id)
    return shapes.DescribeOrganizationalUnitResponse(organizational_unit=unit_view(directory, organization, unit))


@operation("organizations:ListOrganizationalUnitsForParent")
def list_organizational_units_for_parent(
    call: Call[shapes.ListOrganizationalUnitsForParentRequest], directory: Directory
) -> shapes.ListOrganizationalUnitsForParentResponse:
    """List the units right under a root or unit. Raises ParentNotFoundException."""
    organization = managed_organization(call, directory)
    parent_id = call.request.parent_id
    if not is_parent(directory, organization, parent_id):
        raise no_parent()
    after = None if call.after is None else (organization.id, call.after)
    units = directory.organizational_units.where("parent", organization.id, parent_id, after=after)
    page = call.paged(units, lambda unit: unit.id)
    return shapes.ListOrganizationalUnitsForParentResponse(
        organizational_units=[unit_view(directory, organization, each) for each in page.rows], next_token=page.marker
    )
