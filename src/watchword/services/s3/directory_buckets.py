"""Directory buckets: their names, what is asked of them, and sessions for them (CreateSession).

    general purpose bucket   every operation has an action of its own, on the bucket or the key
    directory bucket         `s3express:CreateSession` on the bucket stands for all that is done with objects

A session is the caller again, for five minutes, one bucket and one mode: `ReadOnly`, or `ReadWrite`. General purpose
buckets have no sessions.
# DIFFERS: 0005. What lets a caller begin a session is asked again at every request of the session.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import islice
from typing import Any

from msgspec.structs import replace

from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import Session, SessionKind, issue_session
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.authorization import BOUND_TO, KeyValue, Resource
from watchword.services.call import Authenticated, Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import place_behind
from watchword.services.s3.continuation import open_cursor, seal_cursor
from watchword.services.s3.faults import (
    access_denied,
    invalid_argument,
    invalid_request,
    malformed_xml,
    not_implemented,
    permanent_redirect,
)
from watchword.services.s3.lookups import nothing_there

SESSION_SECONDS = 300
BUCKETS_MAX = 1000
"""Of one page."""
ENFORCED = "BucketOwnerEnforced"
ACTION = "s3express:CreateSession"
MODE_KEY = "s3express:SessionMode"
_READS = frozenset(
    {
        "GetObjectRequest",
        "HeadObjectRequest",
        "GetObjectAttributesRequest",
        "HeadBucketRequest",
        "ListObjectsV2Request",
        "ListMultipartUploadsRequest",
        "ListPartsRequest",
    }
)
_OF_BUCKETS = {
    "CreateBucketRequest": "s3express:CreateBucket",
    "DeleteBucketRequest": "s3express:DeleteBucket",
    "DeleteBucketPolicyRequest": "s3express:DeleteBucketPolicy",
    "GetBucketPolicyRequest": "s3express:GetBucketPolicy",
    "PutBucketPolicyRequest": "s3express:PutBucketPolicy",
}


def session_mode(caller: Authenticated) -> str:
    """The mode of the session that a request is made with; empty when it is none of a directory bucket."""
    context = () if caller.session is None else caller.session.context
    return next((value for key, value in context if key == MODE_KEY), "")


def asked_mode(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """`s3express:SessionMode`: that of the session, the one that is asked for, or what the request needs."""
    mode = session_mode(caller)
    if mode:
        return mode
    if isinstance(request, shapes.CreateSessionRequest):
        return request.session_mode or "ReadWrite"
    return "ReadOnly" if type(request).__name__ in _READS else "ReadWrite"


def directory_resource(
    request: Any, arn: str, account: str, caller: Authenticated, policy: str | None, *, is_regional: bool = False
) -> Resource:
    """A directory bucket, as every request in it is judged. Raises AccessDenied for a write in a ReadOnly session."""
    name = type(request).__name__
    # INVARIANT: a session that may only read writes nothing, whatever policies say.
    if name not in _READS and session_mode(caller) == "ReadOnly":
        raise access_denied()
    return Resource(
        arn,
        account,
        policy=policy,
        is_public_blocked=True,
        action=_OF_BUCKETS.get(name, ACTION),
        is_regional=is_regional,
    )


@operation("s3:CreateSession")
def create_session(
    call: Call[shapes.CreateSessionRequest], directory: Directory, session_sealer: Sealer, random_bytes: RandomBytes
) -> shapes.CreateSessionOutput:
    """Issue credentials for one directory bucket. Raises NoSuchBucket, InvalidRequest, AccessDenied in a session."""
    bucket = directory.buckets.get(call.request.bucket)
    if bucket is None:
        raise nothing_there(call.request.bucket, place_behind(call.request.bucket, directory))
    if bucket.region != call.region:
        raise permanent_redirect(bucket.name, bucket.region)
    if not bucket.zone:
        raise invalid_request("Sessions can be created for directory buckets only.")
    mode = call.request.session_mode or "ReadWrite"
    if mode not in ("ReadOnly", "ReadWrite"):
        raise invalid_request("The session mode is not valid.")
    if session_mode(call.caller):
        raise access_denied()
    issued = issue_session(_session(call, bucket, mode), sealer=session_sealer, random_bytes=random_bytes)
    return shapes.CreateSessionOutput(
        server_side_encryption="AES256",
        credentials=shapes.SessionCredentials(
            access_key_id=issued.access_key_id,
            secret_access_key=issued.secret.reveal(),
            session_token=issued.token,
            expiration=issued.expires_at,
        ),
    )


def _session(call: Call[Any], bucket: Bucket, mode: str) -> Session:
    """The caller again, who may do nothing but use the bucket."""
    caller = call.caller
    own = caller.session or Session(
        kind=SessionKind.SESSION_TOKEN,
        account=call.account,
        principal_id=caller.principal.unique_id,
        principal_name=caller.principal.name,
        issued_at=call.now,
        expires_at=call.now + timedelta(seconds=SESSION_SECONDS),
    )
    # INVARIANT: a session is never longer, nor good for more, than what it was made with.
    return replace(
        own,
        issued_at=call.now,
        expires_at=min(own.expires_at, call.now + timedelta(seconds=SESSION_SECONDS)),
        context=(*own.context, (MODE_KEY, mode), (BOUND_TO, f"{ACTION} {bucket.arn}")),
    )


@operation("s3:ListDirectoryBuckets", pages_itself=True)
def list_directory_buckets(
    call: Call[shapes.ListDirectoryBucketsRequest], directory: Directory
) -> shapes.ListDirectoryBucketsOutput:
    """List the caller's own directory buckets by name. Raises InvalidArgument."""
    asked = call.request
    limit = asked.max_directory_buckets if asked.max_directory_buckets is not None else BUCKETS_MAX
    if not 0 <= limit <= BUCKETS_MAX:
        message = f"Argument max-directory-buckets must be an integer between 0 and {BUCKETS_MAX}"
        raise invalid_argument(message, "max-directory-buckets", str(limit))
    after = None if asked.continuation_token is None else (open_cursor(asked.continuation_token),)
    chosen = (each for each in directory.buckets.where("account", call.account, after=after) if each.zone)
    rows = list(islice(chosen, limit + 1))
    return shapes.ListDirectoryBucketsOutput(
        buckets=[
            shapes.Bucket(name=each.name, creation_date=each.created_at, bucket_region=each.region, bucket_arn=each.arn)
            for each in rows[:limit]
        ],
        continuation_token=seal_cursor(rows[limit - 1].name) if limit and len(rows) > limit else None,
    )


_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9][a-z0-9-]*--([a-z0-9-]+-az[0-9]+)--x-s3\Z")


def zone_in(name: str) -> str:
    """The zone in the name of a directory bucket; empty for what is none."""
    match = _NAME.match(name)
    return match[1] if match is not None else ""


def check_directory_bucket(asked: shapes.CreateBucketRequest, zone: str) -> None:
    """Raise MalformedXML, InvalidArgument or NotImplemented for what cannot be a directory bucket of a zone."""
    settings = asked.create_bucket_configuration
    if settings is None or settings.location is None or settings.bucket is None or settings.bucket.type != "Directory":
        raise malformed_xml()
    if settings.location.name != zone or settings.location.type not in ("AvailabilityZone", "LocalZone"):
        raise invalid_argument(
            "The location does not match the bucket's name.", "Location", settings.location.name or ""
        )
    if settings.tags or asked.object_lock_enabled_for_bucket or asked.object_ownership not in (None, ENFORCED):
        raise not_implemented("CreateBucketConfiguration")
