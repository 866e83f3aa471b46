"""Write `src/watchword/models/services/*.json` from the installed botocore: facts only, none of its documentation.

Adds what the SDK model does not say and unmodified clients rely on: the names of S3's answer documents.
With `--check` nothing is written, and the exit status says whether the files are current.

Source: botocore's `data/*/service-2.json`, `paginators-1.json` and their `sdk-extras` (see NOTICE); the names of S3's
documents: https://docs.aws.amazon.com/AmazonS3/latest/API/.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any, cast

import botocore

from watchword.protocols.patterns import compile_pattern

SERVICES = (
    "iam", "identitystore", "organizations", "s3", "s3control", "signin", "sso", "sso-admin", "sso-oidc", "sts",
)  # fmt: skip
TARGET = Path(__file__).parent.parent / "src" / "watchword" / "models" / "services"

METADATA = frozenset(
    "protocol apiVersion endpointPrefix serviceId signingName jsonVersion targetPrefix xmlNamespace".split()
)
OPERATION = frozenset("name http input output errors authtype auth deprecated readonly".split())
SHAPE = frozenset(
    "type members required member key value payload min max pattern enum sensitive flattened union document "
    "eventstream exception fault error locationName timestampFormat xmlNamespace".split()
)
REF = frozenset(
    "shape location locationName queryName resultWrapper xmlNamespace xmlAttribute flattened streaming jsonvalue "
    "idempotencyToken".split()
)

S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
S3_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateBucket": "CreateBucketResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}


def only(value: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """The entries that carry a fact: known, and not false."""
    return {key: entry for key, entry in value.items() if key in keys and entry is not False}


def reference(value: dict[str, Any]) -> dict[str, Any]:
    return only(value, REF)


def shape(value: dict[str, Any]) -> dict[str, Any]:
    facts = only(value, SHAPE)
    for part in ("member", "key", "value"):
        if part in facts:
            facts[part] = reference(facts[part])
    if "members" in facts:
        facts["members"] = {name: reference(member) for name, member in facts["members"].items()}
    return facts


def operation(value: dict[str, Any]) -> dict[str, Any]:
    facts = only(value, OPERATION)
    for part in ("input", "output"):
        if part in facts:
            facts[part] = reference(facts[part])
    if "errors" in facts:
        facts["errors"] = [reference(error) for error in facts["errors"]]
    return facts


def paginator(value: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {key: value[key] for key in ("limit_key", "more_results") if key in value}
    for key in ("input_token", "output_token", "result_key"):
        if key in value:
            facts[key] = value[key] if isinstance(value[key], list) else [value[key]]
    return facts


def merge(into: dict[str, Any], extra: dict[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], cast("dict[str, Any]", value))
        else:
            into[key] = value


def read(folder: Path, name: str) -> dict[str, Any]:
    """A file of the SDK model with its extras merged in; empty when there is none."""
    value = load(folder / f"{name}.json")
    merge(value, load(folder / f"{name}.sdk-extras.json").get("merge", {}))
    return value


def load(path: Path) -> dict[str, Any]:
    """A JSON file, compressed or not."""
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(path.read_text()) if path.exists() else {}


def add_s3_documents(model: dict[str, Any]) -> None:
    model["metadata"]["xmlNamespace"] = S3_NAMESPACE
    for name, root in S3_ROOTS.items():
        model["operations"][name]["output"]["locationName"] = root
    model["operations"]["GetBucketLocation"]["output"]["unwrappedOutput"] = True
    # SDKs read a date in it; S3 itself keeps and gives back whatever text it was sent.
    model["shapes"]["Expires"] = {"type": "string"}


def try_patterns(model: dict[str, Any]) -> None:
    """Fail here, not in a request, when a pattern has no translation."""
    for value in model["shapes"].values():
        if "pattern" in value:
            compile_pattern(value["pattern"])


def convert(folder: Path) -> dict[str, Any]:
    """The facts of one service; `folder` holds the SDK model of one API version."""
    source = read(folder, "service-2")
    model: dict[str, Any] = {
        "metadata": only(source["metadata"], METADATA),
        "operations": {name: operation(value) for name, value in source["operations"].items()},
        "shapes": {name: shape(value) for name, value in source["shapes"].items()},
    }
    pages = read(folder, "paginators-1").get("pagination", {})
    model["pagination"] = {name: paginator(value) for name, value in pages.items()}
    if folder.parent.name == "s3":
        add_s3_documents(model)
    try_patterns(model)
    return model


def text_of(service: str) -> str:
    """The data file of a service: one operation, shape or paginator a line, so that a change reads as one."""
    folder = max((Path(botocore.__file__).parent / "data" / service).iterdir())
    model = convert(folder)
    parts: list[str] = []
    for section, value in model.items():
        if section == "metadata":
            parts.append(f'"metadata":{compact(value)}')
        else:
            lines = ",\n".join(f'"{name}":{compact(entry)}' for name, entry in value.items())
            parts.append(f'"{section}":{{\n{lines}\n}}')
    return "{" + ",\n".join(parts) + "}\n"


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale: list[str] = []
    for service in SERVICES:
        path = TARGET / f"{service}.json"
        text = text_of(service)
        if path.exists() and path.read_text() == text:
            continue
        stale.append(service)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if check and stale:
        print(f"not current: {', '.join(stale)}; run tools/convert_models.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
