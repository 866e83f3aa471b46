"""Organizational units: a tree of at most five levels."""

from __future__ import annotations

import re

from tests.support.house import refusal
from tests.support.organized import SCP, Organized


def test_a_unit_has_an_id_of_its_root(organized: Organized) -> None:
    made = organized.client.create_organizational_unit(ParentId=organized.root_id, Name="Engineering")
    unit = made["OrganizationalUnit"]
    suffix = organized.root_id.removeprefix("r-")
    assert re.fullmatch(f"ou-{suffix}-[a-z0-9]{{8}}", unit["Id"])
    assert unit["Arn"] == f"arn:aws:organizations::{organized.management.id}:ou/{organized.id}/{unit['Id']}"
    assert unit["Path"] == f"{organized.id}/{organized.root_id}/{unit['Id']}/"
    described = organized.client.describe_organizational_unit(OrganizationalUnitId=unit["Id"])
    assert described["OrganizationalUnit"] == unit


def test_siblings_have_different_names(organized: Organized) -> None:
    client, parent = organized.client, organized.unit()
    client.create_organizational_unit(ParentId=parent, Name="a")
    other = client.create_organizational_unit(ParentId=parent, Name="b")["OrganizationalUnit"]["Id"]
    duplicate = "DuplicateOrganizationalUnitException"
    assert refusal(client.create_organizational_unit, ParentId=parent, Name="a")[0] == duplicate
    assert refusal(client.update_organizational_unit, OrganizationalUnitId=other, Name="a")[0] == duplicate
    renamed = client.update_organizational_unit(OrganizationalUnitId=other, Name="c")["OrganizationalUnit"]
    assert renamed["Name"] == "c"
    listed = client.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]
    assert sorted(each["Name"] for each in listed) == ["a", "c"]


def test_the_tree_is_five_units_deep(organized: Organized) -> None:
    unit = organized.root_id
    for _ in range(5):
        unit = organized.unit(unit)
    code, _ = refusal(organized.client.create_organizational_unit, ParentId=unit, Name="too deep")
    assert code == "ConstraintViolationException"
    described = organized.client.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert described["Path"].count("/ou-") == 5


def test_only_an_empty_unit_can_be_deleted(organized: Organized) -> None:
    client, unit = organized.client, organized.unit()
    child = organized.unit(unit)
    assert refusal(client.delete_organizational_unit, OrganizationalUnitId=unit)[0] == (
        "OrganizationalUnitNotEmptyException"
    )
    client.delete_organizational_unit(OrganizationalUnitId=child)
    member = organized.member(unit)
    assert refusal(client.delete_organizational_unit, OrganizationalUnitId=unit)[0] == (
        "OrganizationalUnitNotEmptyException"
    )
    client.move_account(AccountId=member.id, SourceParentId=unit, DestinationParentId=organized.root_id)
    client.delete_organizational_unit(OrganizationalUnitId=unit)
    gone = "OrganizationalUnitNotFoundException"
    assert refusal(client.describe_organizational_unit, OrganizationalUnitId=unit)[0] == gone
    assert refusal(client.list_policies_for_target, TargetId=unit, Filter=SCP)[0] == "TargetNotFoundException"
    assert refusal(client.list_parents, ChildId=unit)[0] == "ChildNotFoundException"


def test_tags_stay_with_what_they_are_on(organized: Organized) -> None:
    client, member = organized.client, organized.member()
    unit = client.create_organizational_unit(
        ParentId=organized.root_id, Name="tagged", Tags=[{"Key": "team", "Value": "a"}]
    )["OrganizationalUnit"]["Id"]
    assert client.list_tags_for_resource(ResourceId=unit)["Tags"] == [{"Key": "team", "Value": "a"}]
    for resource in (unit, member.id, organized.root_id, organized.policy('{"Statement":[]}'.replace("[]", STATEMENT))):
        client.tag_resource(ResourceId=resource, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
        client.untag_resource(ResourceId=resource, TagKeys=["a", "team"])
        assert client.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert refusal(client.tag_resource, ResourceId=unit, Tags=[{"Key": "aws:x", "Value": ""}])[0] == (
        "InvalidInputException"
    )


STATEMENT = '{"Effect":"Allow","Action":"*","Resource":"*"}'
