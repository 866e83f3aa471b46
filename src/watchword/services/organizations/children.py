"""The tree, one step up and one step down.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html and API_ListChildren.html
"""

from __future__ import annotations

from watchword.directory.directory import Directory
from watchword.directory.organizations import Organization
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.organizations import shapes
from watchword.services.organizations.accounts import no_parent
from watchword.services.organizations.errors import ChildNotFoundException
from watchword.services.organizations.lookups import is_parent, managed_organization


@operation("organizations:ListParents")
def list_parents(call: Call[shapes.ListParentsRequest], directory: Directory) -> shapes.ListParentsResponse:
    """The one parent of a unit or account. Raises ChildNotFoundException."""
    organization = managed_organization(call, directory)
    parent_id = _parent_of(directory, organization, call.request.child_id)
    if parent_id is None:
        raise ChildNotFoundException("You specified a child that doesn't exist.")
    kind = "ROOT" if parent_id == organization.root_id else "ORGANIZATIONAL_UNIT"
    return shapes.ListParentsResponse(parents=[shapes.Parent(id=parent_id, type=kind)])


def _parent_of(directory: Directory, organization: Organization, child_id: str) -> str | None:
    if child_id.startswith("ou-"):
        unit = directory.organizational_units.get(organization.id, child_id)
        return None if unit is None else unit.parent_id
    member = directory.members.get(child_id)
    return None if member is None or member.organization != organization.id else member.parent_id


@operation("organizations:ListChildren")
def list_children(call: Call[shapes.ListChildrenRequest], directory: Directory) -> shapes.ListChildrenResponse:
    """The units or the accounts right under a root or unit. Raises ParentNotFoundException."""
    organization = managed_organization(call, directory)
    parent_id, kind = call.request.parent_id, call.request.child_type
    if not is_parent(directory, organization, parent_id):
        raise no_parent()
    if kind == "ACCOUNT":
        after = None if call.after is None else (call.after,)
        ids = (each.account for each in directory.members.where("parent", organization.id, parent_id, after=after))
    else:
        after = None if call.after is None else (organization.id, call.after)
        units = directory.organizational_units.where("parent", organization.id, parent_id, after=after)
        ids = (each.id for each in units)
    page = call.paged(ids, lambda child_id: child_id)
    return shapes.ListChildrenResponse(
        children=[shapes.Child(id=each, type=kind) for each in page.rows], next_token=page.marker
    )
