"""S3 Control's errors in its own words.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from watchword.core.errors import ApiError


def access_denied() -> ApiError:
    return ApiError("AccessDenied", "Access Denied", 403)


def access_point_already_owned(name: str) -> ApiError:
    message = "Your previous request to create the named accesspoint succeeded and you already own it."
    return ApiError("AccessPointAlreadyOwnedByYou", message, 409, fields={"AccessPointName": name})


def invalid_request(message: str) -> ApiError:
    return ApiError("InvalidRequest", message)


def malformed_policy(message: str) -> ApiError:
    return ApiError("MalformedPolicy", message)


def no_such_access_point(name: str) -> ApiError:
    message = "The specified accesspoint does not exist"
    return ApiError("NoSuchAccessPoint", message, 404, fields={"AccessPointName": name})


def no_such_access_point_policy(name: str) -> ApiError:
    message = "The specified accesspoint policy does not exist"
    return ApiError("NoSuchAccessPointPolicy", message, 404, fields={"AccessPointName": name})


def no_such_bucket(name: str) -> ApiError:
    return ApiError("NoSuchBucket", "The specified bucket does not exist", 404, fields={"BucketName": name})


def not_implemented(name: str) -> ApiError:
    message = "A header you provided implies functionality that is not implemented"
    return ApiError("NotImplemented", message, 501, fields={"Header": name})


def too_many_access_points() -> ApiError:
    return ApiError("TooManyAccessPoints", "You have attempted to create more access points than allowed")
