"""Resource elements of identity policies: what IAM accepts when a policy is saved, and what it says otherwise.

Decides which texts may stand in Resource and NotResource. Never matches one (`wildcards`).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html; the sentences are
those that IAM answers.
"""

from __future__ import annotations

import re
from typing import Final

LEGACY: Final = "The policy failed legacy parsing"
PARTITIONS: Final = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*"}
)
_IAM_PATHS: Final = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_IAM_ACCOUNT = re.compile(r"[A-Za-z0-9*?-]*\Z")
_ACCOUNT = re.compile(r"[A-Za-z0-9*?${}-]*\Z")
_S3_WITH_REGION = ("accesspoint", "async-request/", "job/", "storage-lens", "access-grants")


def resource_fault(resource: str) -> str | None:
    """What IAM says to a text in a Resource element; None when it accepts it."""
    if resource == "*":
        return None
    fields = resource.split(":", 5)
    if len(fields) == 1:
        return f'Resource {resource} must be in ARN format or "*".'
    if fields[0] == "arn" and len(fields) < 6 and "::" in resource:
        return LEGACY
    if fields[1] not in PARTITIONS:
        return _partition_fault(fields[1], resource)
    if fields[0] != "arn":
        return f'Resource {resource} must be in ARN format or "*".'
    if len(fields) == 2 or "*" in fields[2] or "?" in fields[2]:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if fields[2] == "":
        return LEGACY
    return _fields_fault(resource, *fields[2:]) if len(fields) == 6 else None


def is_incomplete(resource: str) -> bool:
    """True for an ARN that leaves out fields: a stored policy may have it, a session policy may not.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    return resource.startswith("arn:") and resource.count(":") < 5 and "${" not in resource


def _partition_fault(partition: str, resource: str) -> str:
    rest = resource.split(":", 2)[2:]
    fields = rest[0].split(":", 3) if rest else []
    fields += ["*"] * (4 - len(fields))
    return f'Partition "{partition}" is not valid for resource "arn:{partition}:{":".join(fields)}".'


def _fields_fault(resource: str, service: str, region: str, account: str, name: str) -> str | None:
    if not (_IAM_ACCOUNT if service == "iam" else _ACCOUNT).match(account):
        return LEGACY
    if service == "iam":
        if region not in ("", "*"):
            return f"IAM resource {resource} cannot contain region information."
        if name not in ("*", "root") and not name.startswith((*_IAM_PATHS, "${")):
            return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
    if service == "s3" and region not in ("", "*") and not name.startswith(_S3_WITH_REGION):
        return f"Resource {resource} can not contain region information."
    return None
