"""Documents in answers, and how long they are."""

from __future__ import annotations

import string
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from watchword.services.iam.documents import encoded
from watchword.services.iam.quotas import size

ALLOWED = st.text(st.sampled_from("\t\n\r" + "".join(map(chr, range(0x20, 0x100)))))
"""What the model lets a document consist of."""
UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~%")


@given(ALLOWED)
def test_an_encoded_document_is_plain_and_decodes_to_itself(document: str) -> None:
    assert UNRESERVED.issuperset(encoded(document))
    assert unquote(encoded(document)) == document


@given(ALLOWED)
def test_white_space_does_not_count(document: str) -> None:
    assert size(document) == len([each for each in document if each not in " \t\r\n"])
