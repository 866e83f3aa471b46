"""The request context: condition keys, computed only when a policy asks for one.

Global keys come from the table in `condition_keys`; a service's own from its `context.py`, restricted to what the
operation's `authorization.toml` declares. A tuple is the value of a key that is declared multivalued.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from watchword.gateway.condition_keys import GLOBAL_KEYS, NAMED_KEYS, of_session
from watchword.gateway.s3_condition_keys import S3_KEYS
from watchword.gateway.surroundings import Facts
from watchword.policy.variables import ContextValue

_READERS = {key.name.lower(): key.read for key in GLOBAL_KEYS}
_NAMED = {key.name.lower().removesuffix("/*"): key.read for key in NAMED_KEYS}
_S3_READERS = {key.name.lower(): key.read for key in S3_KEYS}


class RequestContext(Facts):
    """The context of one check: `policy.access.Context`."""

    __slots__ = ()

    def get(self, key: str, /) -> ContextValue:
        """The value of a key, named in lower case, or None."""
        reader = _READERS.get(key)
        if reader is not None:
            return reader(self)
        prefix, slash, name = key.partition("/")
        if slash and prefix in _NAMED:
            return _NAMED[prefix](self, name)
        found = self._of_service(key, prefix + slash, name)
        return found if found is not None else of_session(self.around.caller, key)

    def _of_service(self, key: str, prefix: str, name: str) -> ContextValue:
        around = self.around
        if key in around.requirement.keys:
            head_reader = _S3_READERS.get(key)
            if head_reader is not None:
                return head_reader(self)
            if key in around.keys:
                return around.keys[key](around.request, self.resource, around.caller)
        if name and prefix in around.requirement.keys and prefix in around.prefixes:
            return around.prefixes[prefix](around.request, self.resource, around.caller, name)
        return None
