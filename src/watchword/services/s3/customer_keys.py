"""Encryption under keys that customers bring with each request (SSE-C).

Decides whether a request brings a key as it must, whether a bucket takes such objects, and whether the key is the one
that an object was written under. The ETag of what is sealed is that of the sealed bytes, so that no digest of the
object itself is kept in the clear but the checksum that its writer asked for.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html; texts as clients
have recorded them.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from functools import partial
from typing import Any

from watchword.core.errors import ApiError
from watchword.core.http import Opener
from watchword.core.ids import RandomBytes
from watchword.credentials.customer_keys import KEY_BYTES, CustomerKey
from watchword.directory.buckets import Bucket, StoredObject
from watchword.services.call import Call
from watchword.services.s3.faults import access_denied, invalid_argument, invalid_request

ALGORITHM = "AES256"
CHECK_SALT_BYTES = 16
_ENCRYPTION = "x-amz-server-side-encryption"
_CUSTOMER = f"{_ENCRYPTION}-customer"
_REQUESTS = "Requests specifying Server Side Encryption with Customer provided keys must "
_MISSING = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)


def asked_key(asked: Any, *, reads: bool = False) -> CustomerKey | None:
    """The key that a request brings; None when it brings none. Who writes says its MD5 too.

    Raises InvalidArgument, InvalidEncryptionAlgorithmError; AccessDenied for a reader whose key cannot be one.
    """
    if asked.sse_customer_algorithm is asked.sse_customer_key is asked.sse_customer_key_md5 is None:
        return None
    return _key(asked.sse_customer_algorithm, asked.sse_customer_key, asked.sse_customer_key_md5, reads=reads)


def refuse_both(asked: Any) -> None:
    """Raise InvalidArgument for a request that brings a key and asks for another encryption as well."""
    if not asked.sse_customer_algorithm is asked.sse_customer_key is asked.sse_customer_key_md5 is None:
        message = (
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        )
        raise invalid_argument(message, _ENCRYPTION, asked.server_side_encryption)


def source_key(asked: Any) -> CustomerKey | None:
    """The key that a request to copy brings for its source. Raises what `asked_key` raises."""
    values = (
        asked.copy_source_sse_customer_algorithm,
        asked.copy_source_sse_customer_key,
        asked.copy_source_sse_customer_key_md5,
    )
    return None if values == (None, None, None) else _key(*values, reads=True)


def _key(algorithm: str | None, key: str | None, md5: str | None, *, reads: bool) -> CustomerKey:
    if algorithm is None:
        raise _wrong("provide a valid encryption algorithm.")
    if algorithm != ALGORITHM:
        message = "The Encryption request you specified is not valid. Supported value: AES256."
        fields = {"ArgumentName": _ENCRYPTION, "ArgumentValue": algorithm}
        raise ApiError("InvalidEncryptionAlgorithmError", message, fields=fields)
    if key is None:
        raise _wrong("provide an appropriate secret key.")
    try:
        value = b64decode(key, validate=True)
    except (NotBase64, ValueError):
        value = b""
    found = CustomerKey(value) if len(value) == KEY_BYTES else None
    if found is not None and md5 is not None and not hmac.compare_digest(md5.encode(), found.md5.encode()):
        message = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise invalid_argument(message, _ENCRYPTION, "null")
    if found is None:
        raise wrong_key() if reads else _invalid_key()
    if md5 is None and not reads:
        raise _wrong("provide the client calculated MD5 of the secret key.")
    return found


def _wrong(what: str) -> ApiError:
    return invalid_argument(_REQUESTS + what, _ENCRYPTION, "null")


def _invalid_key() -> ApiError:
    return invalid_argument("The secret key was invalid for the specified algorithm.", _ENCRYPTION, "null")


def wrong_key() -> ApiError:
    """The key is not the object's."""
    return access_denied(_REQUESTS + "provide the correct secret key.")


def fitting_key(key: CustomerKey | None, stored: StoredObject) -> CustomerKey | None:
    """The key, when it is the one that a version was written under, or none is needed.

    Raises InvalidRequest for a key too few or too many, AccessDenied for another one.
    """
    if not stored.customer_key:
        if key is not None:
            raise invalid_request("The encryption parameters are not applicable to this object.")
        return None
    if key is None:
        raise invalid_request(_MISSING)
    if not key.fits(stored.customer_key):
        raise wrong_key()
    return key


def completing_key(key: CustomerKey | None, draft: StoredObject, *, is_needed: bool) -> None:
    """Check the key of a request that completes an upload: what has checksums needs it.

    Raises InvalidArgument for a missing key, InvalidRequest for another one.
    """
    if key is not None:
        part_key(key, draft)
    elif is_needed and draft.customer_key:
        raise _wrong("provide a valid encryption algorithm.")


def part_key(key: CustomerKey | None, draft: StoredObject) -> CustomerKey | None:
    """The key of a part, which must be that of its upload. Raises InvalidRequest."""
    if (key is None) is bool(draft.customer_key):
        raise invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
            "encryption parameters."
        )
    if key is not None and not key.fits(draft.customer_key):
        raise invalid_request("The provided encryption parameters did not match the ones used originally.")
    return key


def refuse_blocked(call: Call[Any], bucket: Bucket, arn: str) -> None:
    """Raise AccessDenied when a bucket takes nothing under keys of customers."""
    if not bucket.blocks_customer_keys:
        return
    if call.account != bucket.account:
        raise access_denied()
    raise access_denied(
        f'User: {call.caller.principal.arn} is not authorized to perform: s3:PutObject on resource: "{arn}" '
        "because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided "
        "keys (SSE-C). Please specify a different server-side encryption type"
    )


def kept_check(key: CustomerKey | None, random_bytes: RandomBytes) -> str:
    """What a record keeps of a key."""
    return "" if key is None else key.check(random_bytes(CHECK_SALT_BYTES))


def opener_of(key: CustomerKey | None, seal: str) -> Opener | None:
    """What opens the body that is sealed under a key, and no other; `seal` is what its record keeps of it."""
    if key is None:
        return None
    return partial(key.open_range, salt=bytes.fromhex(seal)) if seal else key.open_range


def key_view(key: CustomerKey | None) -> dict[str, Any]:
    """The key as members of an answer."""
    return {} if key is None else {"sse_customer_algorithm": ALGORITHM, "sse_customer_key_md5": key.md5}


def key_headers(key: CustomerKey | None) -> tuple[tuple[str, str], ...]:
    """The key as header lines, for an answer that has no members for it."""
    return () if key is None else ((f"{_CUSTOMER}-algorithm", ALGORITHM), (f"{_CUSTOMER}-key-md5", key.md5))
