"""S3 buckets: create, find, list, delete.

New buckets have no ACLs and are shut to the public, as those that AWS makes today, unless the account keeps to the
older defaults. Names that our own paths need are not to be had.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and its neighbours.
"""

from __future__ import annotations

import re
from itertools import islice

from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket, Ownership, PublicAccessBlock
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import ALIAS_SUFFIX, is_taken
from watchword.services.s3.acl_policies import effective_block
from watchword.services.s3.acls import asks_for_acl, header_grants, is_public
from watchword.services.s3.continuation import open_cursor, seal_cursor
from watchword.services.s3.directory_buckets import check_directory_bucket, zone_in
from watchword.services.s3.faults import (
    access_denied,
    access_points_attached,
    bucket_acl_with_ownership,
    bucket_already_exists,
    bucket_already_owned_by_you,
    bucket_not_empty,
    illegal_location,
    invalid_argument,
    invalid_bucket_name,
    invalid_location,
    not_implemented,
    too_many_buckets,
)
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import is_bucket_name
from watchword.services.s3.owners import Owners, keeps_old_ways
from watchword.services.s3.public_access import read_ownership
from watchword.services.s3.tags import bucket_tags
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.uploads import remove_upload

DEFAULT_REGION = "us-east-1"
"""The region whose name is not said: no LocationConstraint means it, and its buckets answer with none."""
BUCKETS_MAX = 10_000
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[1-9]\Z")
_REGION_OLD_NAMES = {"EU": "eu-west-1"}


@operation("s3:CreateBucket", writes=True)
def create_bucket(call: Call[shapes.CreateBucketRequest], directory: Directory) -> shapes.CreateBucketOutput:
    """Create a bucket in the region that the request was signed for, or in the one that it names to us-east-1.

    Raises InvalidBucketName, BucketAlreadyExists, BucketAlreadyOwnedByYou, TooManyBuckets, and for the region
    IllegalLocationConstraintException, InvalidLocationConstraint.
    """
    asked = call.request
    name = asked.bucket
    zone = zone_in(name)
    if not (zone or is_bucket_name(name)):
        raise invalid_bucket_name(name)
    if zone:
        check_directory_bucket(asked, zone)
    else:
        _refuse_settings(asked)
    region = call.region if zone else _region_for(asked, call.region or DEFAULT_REGION)
    existing = directory.buckets.get(name)
    if existing is None:
        # DIFFERS: 0005. A name that ends with the id of another account, or that an access point has here, is taken.
        if is_taken(name, call.account, directory):
            raise bucket_already_exists(name)
        _check_quota(call.account, directory)
        directory.buckets.add(_new_bucket(call, directory, region))
    elif existing.account != call.account:
        raise bucket_already_exists(name)
    elif not existing.region == region == DEFAULT_REGION:
        raise bucket_already_owned_by_you(name)
    arn = f"arn:aws:s3express:{region}:{call.account}:bucket/{name}" if zone else f"arn:aws:s3:::{name}"
    return shapes.CreateBucketOutput(location=f"/{name}", bucket_arn=arn)


def _refuse_settings(asked: shapes.CreateBucketRequest) -> None:
    if asked.bucket_namespace not in (None, "global"):
        raise not_implemented("x-amz-bucket-namespace")
    refuse_unbuilt(asked)
    settings = asked.create_bucket_configuration
    if settings is not None:
        refuse_unbuilt(settings)


def _new_bucket(call: Call[shapes.CreateBucketRequest], directory: Directory, region: str) -> Bucket:
    """Raises InvalidBucketAclWithObjectOwnership, AccessDenied, InvalidTag, InvalidArgument."""
    asked = call.request
    has_old_defaults = keeps_old_ways(call.account, directory)
    ownership: Ownership | None = None if has_old_defaults else "BucketOwnerEnforced"
    if asked.object_ownership is not None:
        ownership = read_ownership(asked.object_ownership)
    if ownership == "BucketOwnerEnforced" and asks_for_acl(asked) and asked.acl != "private":
        raise bucket_acl_with_ownership()
    configuration = asked.create_bucket_configuration
    bucket = Bucket(
        name=asked.bucket,
        account=call.account,
        region=region,
        created_at=call.now.replace(microsecond=0),
        ownership=ownership,
        public_access=None if has_old_defaults else PublicAccessBlock(),
        blocks_customer_keys=not has_old_defaults,
        grants=header_grants(asked, directory, call.account, call.account) if asks_for_acl(asked) else (),
        tags=bucket_tags(configuration.tags) if configuration and configuration.tags else (),
        zone=zone_in(asked.bucket),
        versioning="Enabled" if asked.object_lock_enabled_for_bucket else "",
        has_object_lock=bool(asked.object_lock_enabled_for_bucket),
    )
    if is_public(bucket.grants) and effective_block(bucket, directory).block_public_acls:
        raise access_denied()
    return bucket


def _region_for(asked: shapes.CreateBucketRequest, region: str) -> str:
    settings = asked.create_bucket_configuration
    location = settings.location_constraint if settings else None
    if not location:
        if region != DEFAULT_REGION:
            raise illegal_location(None)
        return region
    place = _REGION_OLD_NAMES.get(location, location)
    if place == DEFAULT_REGION or not _REGION.match(place):
        raise invalid_location(location)
    if region not in (place, DEFAULT_REGION):
        raise illegal_location(location)
    return place


def _check_quota(account: str, directory: Directory) -> None:
    if sum(1 for _ in directory.buckets.where("account", account, limit=BUCKETS_MAX)) >= BUCKETS_MAX:
        raise too_many_buckets()


@operation("s3:HeadBucket")
def head_bucket(call: Call[shapes.HeadBucketRequest], directory: Directory) -> shapes.HeadBucketOutput:
    """Say that a bucket exists, and where. Raises NoSuchBucket, PermanentRedirect with the region."""
    bucket = bucket_of(call.request, directory, call.region)
    is_alias = call.request.bucket.endswith(ALIAS_SUFFIX)
    return shapes.HeadBucketOutput(bucket_arn=bucket.arn, bucket_region=bucket.region, access_point_alias=is_alias)


@operation("s3:GetBucketLocation")
def get_bucket_location(
    call: Call[shapes.GetBucketLocationRequest], directory: Directory
) -> shapes.GetBucketLocationOutput:
    """Say where a bucket is, from wherever it is asked. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, region="")
    return shapes.GetBucketLocationOutput(
        location_constraint=None if bucket.region == DEFAULT_REGION else bucket.region
    )


@operation("s3:DeleteBucket", writes=True)
def delete_bucket(call: Call[shapes.DeleteBucketRequest], directory: Directory, objects: Bodies) -> None:
    """Delete an empty bucket, with what is set on it and uploads that go on. Raises NoSuchBucket, BucketNotEmpty."""
    bucket = bucket_of(call.request, directory, call.region)
    # Access points of others lead nowhere when it is gone; they keep nobody from deleting.
    if next(directory.access_points.where("bucket", bucket.name, bucket.account, limit=1), None) is not None:
        raise access_points_attached(bucket.name)
    if next(directory.objects.under(bucket.name, limit=1), None) is not None:
        raise bucket_not_empty(bucket.name)
    if next(directory.versions.under(bucket.name, limit=1), None) is not None:
        raise bucket_not_empty(bucket.name, "You must delete all versions in the bucket.")
    for upload in list(directory.uploads.under(bucket.name)):
        remove_upload(upload, directory, objects)
    for setting in list(directory.bucket_settings.under(bucket.name)):
        directory.bucket_settings.remove(setting)
    directory.buckets.remove(bucket)


@operation("s3:ListBuckets", pages_itself=True)
def list_buckets(
    call: Call[shapes.ListBucketsRequest], directory: Directory
) -> shapes.ListBucketsOutput | Answer[shapes.ListBucketsOutput]:
    """List the caller's own buckets by name. Raises InvalidArgument."""
    asked = call.request
    limit = BUCKETS_MAX if asked.max_buckets is None else asked.max_buckets
    if not 1 <= limit <= BUCKETS_MAX:
        message = f"Argument max-buckets must be an integer between 1 and {BUCKETS_MAX}"
        raise invalid_argument(message, "max-buckets", str(limit))
    after = None if asked.continuation_token is None else (open_cursor(asked.continuation_token),)
    chosen = (
        bucket
        for bucket in directory.buckets.where("account", call.account, after=after)
        if not bucket.zone
        and bucket.name.startswith(asked.prefix or "")
        and asked.bucket_region in (None, bucket.region)
    )
    rows = list(islice(chosen, limit + 1))
    more = len(rows) > limit
    return shapes.ListBucketsOutput(
        buckets=[
            shapes.Bucket(
                name=bucket.name,
                creation_date=bucket.created_at,
                bucket_region=bucket.region,
                bucket_arn=bucket.arn,
            )
            for bucket in rows[:limit]
        ],
        owner=Owners(directory)[call.account],
        prefix=asked.prefix,
        continuation_token=seal_cursor(rows[limit - 1].name) if more else None,
    )
