"""From wire names to attribute names: `RoleName` → `role_name`, `SAMLProviderArn` → `saml_provider_arn`.

The rule is the SDK's own, so that whoever knows boto3 knows our attributes.
Source: behaviour of botocore's `xform_name`, compared with it for every member of every model in the tests.
"""

from __future__ import annotations

import functools
import keyword
import re

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
"""`ARNs`, `VPCs` at the end of a name are one word."""
_CAPITALIZED_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_AFTER_LOWER = re.compile(r"([a-z0-9])([A-Z])")


@functools.cache
def attribute_name(wire_name: str) -> str:
    """The attribute that holds a member. A Python keyword gets a trailing underscore."""
    name = wire_name
    if "_" not in name:
        plural = _PLURAL_ACRONYM.search(name)
        if plural:
            name = f"{name[: plural.start()]}_{plural.group().lower()}"
        name = _AFTER_LOWER.sub(r"\1_\2", _CAPITALIZED_WORD.sub(r"\1_\2", name)).lower()
    return f"{name}_" if keyword.iskeyword(name) else name
