"""Tokens that are not ours."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.services.s3.continuation import open_cursor


@pytest.mark.parametrize("token", ["", "AQ", "!!!!", "é", "AmFiYw==", "Af8=", "AWFi\n", "a" * 5])
def test_a_token_that_nobody_made_is_refused(token: str) -> None:
    with pytest.raises(ApiError) as refused:
        open_cursor(token)
    assert refused.value.code == "InvalidArgument"
    assert refused.value.fields["ArgumentName"] == "continuation-token"
