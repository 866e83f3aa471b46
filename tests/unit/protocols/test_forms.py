"""Query forms: how names nest, and what AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.forms import PARAMETERS_MAX, as_tree, read_parameters
from watchword.protocols.model import load_service
from watchword.protocols.service import Service

STS = Service(load_service("sts"))
IAM = Service(load_service("iam"))
HEAD = RequestHead("POST", b"/", b"", [])


def tags(form: str) -> Any:
    return IAM.operation("TagUser").parse(HEAD, form.encode()).get("Tags")


def test_lists_of_structures() -> None:
    form = "Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value="
    assert tags(form) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]


def test_order_of_parameters_does_not_matter() -> None:
    assert tags("Tags.member.2.Key=b&Tags.member.1.Key=a") == [{"Key": "a"}, {"Key": "b"}]


def test_leading_zeros_of_an_index_do_not_matter() -> None:
    assert tags("Tags.member.01.Key=a") == [{"Key": "a"}]


def test_a_gap_leaves_an_absent_element() -> None:
    assert tags("Tags.member.1.Key=a&Tags.member.3.Key=c") == [{"Key": "a"}, None, {"Key": "c"}]


def test_a_gap_of_required_elements_is_reported_by_the_constraints() -> None:
    with pytest.raises(ApiError, match=r"Value null at 'tags\.2\.member' failed"):
        IAM.operation("TagUser").read(HEAD, b"UserName=u&Tags.member.1.Key=a&Tags.member.1.Value=&Tags.member.3.Key=c")


@pytest.mark.parametrize("index", ["0", "-1", "+1", "x", "", "99999999999", "%C2%B2"])
def test_what_is_no_index_is_malformed(index: str) -> None:
    with pytest.raises(ApiError, match="MalformedInput"):
        tags(f"Tags.member.{index}.Key=a")


def test_an_index_may_lie_ten_beyond_the_list() -> None:
    assert len(tags("Tags.member.10.Key=a")) == 10
    with pytest.raises(ApiError, match="too wide a gap"):
        tags("Tags.member.11.Key=a")


def test_the_same_index_twice_is_malformed() -> None:
    with pytest.raises(ApiError, match="MalformedInput"):
        tags("Tags.member.1.Key=a&Tags.member.01.Key=b")


def test_an_empty_list_is_written_as_an_empty_value() -> None:
    assert tags("Tags=") == []


@pytest.mark.parametrize(
    "form", ["Tags=x", "Tags.member=x", "Tags.member.1=x", "Tags=&Tags.member.1.Key=a", "a.b=1&a=2"]
)
def test_a_value_where_a_structure_belongs_is_malformed(form: str) -> None:
    with pytest.raises(ApiError, match="MalformedInput"):
        tags(form)


def test_a_structure_where_a_value_belongs_is_malformed() -> None:
    with pytest.raises(ApiError, match="MalformedInput"):
        STS.operation("AssumeRole").parse(HEAD, b"RoleArn.x=1")


@pytest.mark.parametrize("text", ["1.5", "1e3", "%20900", "900%20", "", "true", "2147483648"])
def test_a_duration_that_is_no_number_is_malformed(text: str) -> None:
    with pytest.raises(ApiError, match="MalformedInput"):
        STS.operation("AssumeRole").parse(HEAD, f"DurationSeconds={text}".encode())


@pytest.mark.parametrize("text", ["900", "0900", "%2B900"])
def test_a_duration_may_have_zeros_and_a_plus(text: str) -> None:
    assert STS.operation("AssumeRole").parse(HEAD, f"DurationSeconds={text}".encode()) == {"DurationSeconds": 900}


def test_unknown_parameters_are_ignored() -> None:
    assert STS.operation("AssumeRole").parse(HEAD, b"Action=AssumeRole&X-Amz-Date=1&Foo.Bar.1=2") == {}


def test_parameters_of_the_url_count_too() -> None:
    head = RequestHead("GET", b"/", b"Action=AssumeRole&RoleSessionName=a%20b+c", [])
    assert STS.operation("AssumeRole").parse(head, b"") == {"RoleSessionName": "a b c"}


def test_of_a_parameter_that_stands_twice_the_first_counts() -> None:
    """As measured at STS, of Action, Version, RoleArn and DurationSeconds."""
    assert read_parameters(b"RoleName=a&RoleName=b&%52oleName=c") == {"RoleName": "a"}


@pytest.mark.parametrize("form", [b"a=%FF", b"%C3=1", b"a=\xff"])
def test_a_form_that_is_not_utf8_is_malformed(form: bytes) -> None:
    with pytest.raises(ApiError, match="UTF-8"):
        read_parameters(form)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(ApiError, match="more than"):
        read_parameters(b"&".join(b"a%d=1" % number for number in range(PARAMETERS_MAX + 1)))


def test_a_name_with_too_many_parts_is_refused() -> None:
    with pytest.raises(ApiError, match="parts"):
        as_tree({".".join("a" * 1000): "x"})


def test_a_document_keeps_every_character() -> None:
    document = '{ "a": "%3A+é\\n" }\r\n'
    form = "PolicyDocument=%7B+%22a%22%3A+%22%253A%2B%C3%A9%5Cn%22+%7D%0D%0A"
    assert IAM.operation("PutUserPolicy").parse(HEAD, form.encode()) == {"PolicyDocument": document}
