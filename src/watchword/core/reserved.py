"""Names that cannot be buckets, because on the same port they are first segments of our own or a standard's paths.

One table, asked when a bucket is created; nothing else reserves a path. Our own pages live under `_watchword`, which
no bucket can be called by S3's rules.
Source: the paths that AWS's service models and the OAuth, device and sign-in protocols fix.
"""

from __future__ import annotations

RESERVED_SEGMENTS = frozenset(
    {
        "account",
        "accounts",
        "activateaccess",
        "assignment",
        "authorize",
        "client",
        "consent",
        "console",
        "device",
        "device_authorization",
        "federate",
        "federation",
        "identitystore",
        "instances",
        "jwks",
        "keys",
        "latest",
        "login",
        "logout",
        "oauth",
        "oauth2",
        "oidc",
        "portal",
        "register",
        "saml",
        "scim",
        "session",
        "sessions",
        "signin",
        "signout",
        "start",
        "token",
        "userinfo",
        "v1",
        "v2",
        "v20180820",
        "well-known",
    }
)
"""First path segments, in lower case."""
