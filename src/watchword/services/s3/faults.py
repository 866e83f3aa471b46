"""S3's errors in its own words, with the further elements of their bodies.

Texts and elements are those that clients have recorded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from watchword.core.errors import ApiError


def access_denied(message: str = "Access Denied") -> ApiError:
    return ApiError("AccessDenied", message, 403)


def acl_not_supported() -> ApiError:
    return ApiError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def bucket_acl_with_ownership() -> ApiError:
    return ApiError(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )


def bucket_already_exists(bucket: str) -> ApiError:
    message = (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
        "Please select a different name and try again."
    )
    return ApiError("BucketAlreadyExists", message, 409, fields={"BucketName": bucket})


def bucket_already_owned_by_you(bucket: str) -> ApiError:
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return ApiError("BucketAlreadyOwnedByYou", message, 409, fields={"BucketName": bucket})


def bucket_not_empty(bucket: str, advice: str = "") -> ApiError:
    message = "The bucket you tried to delete is not empty" + (f". {advice}" if advice else "")
    return ApiError("BucketNotEmpty", message, 409, fields={"BucketName": bucket})


def entity_too_large(size: int, size_max: int) -> ApiError:
    return ApiError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        fields={"ProposedSize": str(size), "MaxSizeAllowed": str(size_max)},
    )


def illegal_location(location: str | None) -> ApiError:
    name = location or "unspecified"
    message = (
        f"The {name} location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    return ApiError("IllegalLocationConstraintException", message)


def invalid_argument(message: str, name: str, value: str) -> ApiError:
    return ApiError("InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": value})


def invalid_bucket_name(bucket: str) -> ApiError:
    return ApiError("InvalidBucketName", "The specified bucket is not valid.", fields={"BucketName": bucket})


def invalid_location(location: str) -> ApiError:
    message = "The specified location-constraint is not valid"
    return ApiError("InvalidLocationConstraint", message, fields={"LocationConstraint": location})


def invalid_owner(value: str) -> ApiError:
    message = "The value of the expected bucket owner parameter must be an AWS Account ID... [" + value + "]"
    return ApiError("InvalidBucketOwnerAWSAccountID", message)


def invalid_part_number(asked: int, parts: int) -> ApiError:
    return ApiError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        fields={"PartNumberRequested": str(asked), "ActualPartCount": str(parts)},
    )


def invalid_range(asked: str, size: int) -> ApiError:
    return ApiError(
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
        fields={"RangeRequested": asked, "ActualObjectSize": str(size)},
    )


def invalid_redirect_location() -> ApiError:
    """Recorded at AWS: laurilehmijoki/s3_website issue 99, scality/Arsenal pull request 212."""
    message = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    return ApiError("InvalidRedirectLocation", message)


def invalid_request(message: str) -> ApiError:
    return ApiError("InvalidRequest", message)


def invalid_storage_class(asked: str) -> ApiError:
    message = "The storage class you specified is not valid"
    return ApiError("InvalidStorageClass", message, fields={"StorageClassRequested": asked})


def invalid_uri(uri: str) -> ApiError:
    return ApiError("InvalidURI", "Couldn't parse the specified URI.", fields={"URI": uri})


def key_too_long(size: int, size_max: int) -> ApiError:
    return ApiError(
        "KeyTooLongError", "Your key is too long", fields={"Size": str(size), "MaxSizeAllowed": str(size_max)}
    )


def malformed_policy(message: str) -> ApiError:
    return ApiError("MalformedPolicy", message)


def malformed_xml() -> ApiError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ApiError("MalformedXML", message)


def metadata_too_large(size: int, size_max: int) -> ApiError:
    return ApiError(
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
        fields={"Size": str(size), "MaxSizeAllowed": str(size_max)},
    )


def method_not_allowed(method: str, resource_type: str) -> ApiError:
    message = "The specified method is not allowed against this resource."
    return ApiError("MethodNotAllowed", message, 405, fields={"Method": method, "ResourceType": resource_type})


def no_such_access_point(name: str) -> ApiError:
    message = "The specified accesspoint does not exist"
    return ApiError("NoSuchAccessPoint", message, 404, fields={"AccessPointName": name})


def access_points_attached(bucket: str) -> ApiError:
    message = (
        "The bucket you tried to delete has access points attached. Delete your access points before deleting your "
        "bucket."
    )
    return ApiError("BucketHasAccessPointsAttached", message, fields={"BucketName": bucket})


def no_such_bucket(bucket: str) -> ApiError:
    return ApiError("NoSuchBucket", "The specified bucket does not exist", 404, fields={"BucketName": bucket})


def no_such_bucket_policy(bucket: str) -> ApiError:
    message = "The bucket policy does not exist"
    return ApiError("NoSuchBucketPolicy", message, 404, fields={"BucketName": bucket})


def no_such_key(key: str) -> ApiError:
    return ApiError("NoSuchKey", "The specified key does not exist.", 404, fields={"Key": key})


def not_implemented(header: str) -> ApiError:
    """For what a header asks and nothing here does; `header` may name a query parameter, too."""
    message = "A header you provided implies functionality that is not implemented"
    return ApiError("NotImplemented", message, 501, fields={"Header": header})


def not_modified(headers: dict[str, str]) -> ApiError:
    """The answer without a body to a reader who has the object already."""
    return ApiError("NotModified", "Not Modified", 304, headers=headers)


def operation_aborted() -> ApiError:
    message = "A conflicting conditional operation is currently in progress against this resource. Please try again."
    return ApiError("OperationAborted", message, 409)


def permanent_redirect(bucket: str, region: str) -> ApiError:
    # DIFFERS: 0005. AWS names an endpoint in amazonaws.com, where our clients must not go; SDKs follow the header.
    message = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    return ApiError(
        "PermanentRedirect", message, 301, fields={"Bucket": bucket}, headers={"x-amz-bucket-region": region}
    )


def precondition_failed(condition: str) -> ApiError:
    message = "At least one of the pre-conditions you specified did not hold"
    return ApiError("PreconditionFailed", message, 412, fields={"Condition": condition})


def too_many_buckets() -> ApiError:
    return ApiError("TooManyBuckets", "You have attempted to create more buckets than allowed")


def no_such_version(key: str, version: str) -> ApiError:
    """For every version: no bucket here keeps any."""
    message = "The specified version does not exist."
    return ApiError("NoSuchVersion", message, 404, fields={"Key": key, "VersionId": version})


def bad_version(value: str) -> ApiError:
    return invalid_argument("Invalid version id specified", "versionId", value)


def empty_version() -> ApiError:
    return invalid_argument("Version id cannot be the empty string", "versionId", "")


def delete_marker_met(key: str, version: str) -> ApiError:
    """The latest version of a key is a delete marker: there is no object."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version}
    return ApiError("NoSuchKey", "The specified key does not exist.", 404, fields={"Key": key}, headers=headers)


def delete_marker_asked(version: str, modified: str, method: str) -> ApiError:
    """A delete marker was asked for by its id, and can only be deleted."""
    return ApiError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        fields={"Method": method, "ResourceType": "DeleteMarker"},
        headers={
            "x-amz-delete-marker": "true", "x-amz-version-id": version, "allow": "DELETE", "last-modified": modified,
        },
    )  # fmt: skip


def entity_too_small(size: int, size_min: int, number: int, etag: str) -> ApiError:
    return ApiError(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        fields={
            "ProposedSize": str(size),
            "MinSizeAllowed": str(size_min),
            "PartNumber": str(number),
            "ETag": etag,
        },
    )


def invalid_part(upload: str, number: int, etag: str) -> ApiError:
    message = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag."
    )
    return ApiError("InvalidPart", message, fields={"UploadId": upload, "PartNumber": str(number), "ETag": etag})


def invalid_part_order(upload: str) -> ApiError:
    message = "The list of parts was not in ascending order. Parts must be ordered by part number."
    return ApiError("InvalidPartOrder", message, fields={"UploadId": upload})


def no_such_upload(upload: str) -> ApiError:
    message = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )
    return ApiError("NoSuchUpload", message, 404, fields={"UploadId": upload})


def invalid_tag(message: str, key: str | None = None) -> ApiError:
    return ApiError("InvalidTag", message, fields={} if key is None else {"TagKey": key})


def bad_request(message: str) -> ApiError:
    return ApiError("BadRequest", message)


def invalid_log_target(bucket: str) -> ApiError:
    message = (
        "The target bucket for logging either does not exist, is not owned by you, or does not have the appropriate "
        "grants for the log-delivery group."
    )
    return ApiError("InvalidTargetBucketForLogging", message, fields={"TargetBucket": bucket})


def log_target_elsewhere(region: str, target_region: str) -> ApiError:
    # The code is spelled as AWS sends it, not as its documentation does.
    message = "Cross S3 location logging not allowed. "
    fields = {"SourceBucketLocation": region, "TargetBucketLocation": target_region}
    return ApiError("CrossLocationLoggingProhibitted", message, 403, fields=fields)


def locked() -> ApiError:
    """The version is under retention or a legal hold."""
    return access_denied("Access Denied because object protected by object lock.")


def no_such_setting(code: str, message: str, bucket: str) -> ApiError:
    """A bucket has no configuration of some kind."""
    return ApiError(code, message, 404, fields={"BucketName": bucket})


def no_lock_configuration() -> ApiError:
    return invalid_request("Bucket is missing Object Lock Configuration")


def bad_checksum_type(expected: str, found: str) -> ApiError:
    message = f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {found}"
    return invalid_request(message)


def invalid_bucket_state(message: str) -> ApiError:
    return ApiError("InvalidBucketState", message, 409)


def malformed_acl() -> ApiError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ApiError("MalformedACLError", message)


def unresolvable_grant(email: str) -> ApiError:
    message = "The e-mail address you provided does not match any account on record."
    return ApiError("UnresolvableGrantByEmailAddress", message, fields={"EmailAddress": email})


def invalid_encryption(algorithm: str) -> ApiError:
    message = "The encryption method specified is not supported"
    return invalid_argument(message, "x-amz-server-side-encryption", algorithm)


def missing_acl() -> ApiError:
    message = "Your request was missing a required header"
    return ApiError("MissingSecurityHeader", message, fields={"MissingHeaderName": "x-amz-acl"})
