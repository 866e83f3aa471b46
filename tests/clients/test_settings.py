"""Clients with other settings than their own: checksums, signed bodies, signature versions, parts. Each still works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from boto3.s3.transfer import TransferConfig
from tests.clients.instances import Instance, Keys, noise
from tests.clients.programs import aws_cli_v1, aws_cli_v2
from tests.clients.recorder import recording
from tests.clients.stores import (
    Arrow,
    MinioPy,
    Obstore,
    Open,
    Program,
    Refused,
    Store,
    minio_js,
    rclone,
    s3cmd,
    s5cmd,
    sdk2,
)

KIB, MIB = 1024, 1024 * 1024
HASH, NOTHING, TRAILER = "its SHA-256", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
OLD = "nothing: Signature Version 2"
GIVES_UP = "nothing: the client cannot do so without TLS, and says so itself"


class Setting(NamedTuple):
    """A client that was told something, and what it then says of a small body."""

    open: Open
    http: str
    https: str
    checksum: str = ""
    """The checksum that it sends, in the head or as a trailer."""


class Boto3:
    """Uploads and downloads of boto3, which cuts large files into parts."""

    def __init__(
        self,
        instance: Instance,
        bucket: str,
        keys: Keys,
        home: Path,
        algorithm: str = "",
        transfer: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> None:
        self._client, self._bucket = instance.connect("s3", keys, config=config), bucket
        self._extra = {"ChecksumAlgorithm": algorithm} if algorithm else None
        self._transfer = TransferConfig(**(transfer or {}))

    def put(self, key: str, file: Path) -> None:
        self._client.upload_file(str(file), self._bucket, key, ExtraArgs=self._extra, Config=self._transfer)

    def get(self, key: str, file: Path) -> None:
        self._client.download_file(self._bucket, key, str(file), Config=self._transfer)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def sizes(self, prefix: str) -> dict[str, int]:
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return {each["Key"]: each["Size"] for each in found["Contents"]}


def aws(
    program: Callable[[], str],
    instance: Instance,
    bucket: str,
    keys: Keys,
    home: Path,
    algorithm: str = "",
    **config: str,
) -> Store:
    """An AWS CLI; `config` are lines of its S3 section, but for what begins with `AWS_`, which are variables."""
    (home / ".aws").mkdir(exist_ok=True)
    lines = "".join([f"  {name} = {value}\n" for name, value in config.items() if not name.startswith("AWS_")])
    (home / ".aws" / "config").write_text(f"[default]\ns3 =\n{lines}" if lines else "")
    variables = {name: value for name, value in config.items() if name.startswith("AWS_")}
    person = instance.person(home, keys).having(**variables, AWS_ENDPOINT_URL=instance.endpoint)
    told = f" --checksum-algorithm {algorithm}" if algorithm else ""
    commands = {
        "put": f"s3 cp{told} {{file}} s3://{{bucket}}/{{key}}",
        "get": "s3 cp s3://{bucket}/{key} {file}",
        "list": "s3 ls --recursive s3://{bucket}/{key}",
        "remove": "s3 rm s3://{bucket}/{key}",
    }
    return Program(person.using(program()), bucket, commands, r"^\S+ \S+ +(?P<size>\d+) (?P<key>.*)$")


def both_clis(**told: Any) -> dict[str, Open]:
    return {name: partial(aws, program, **told) for name, program in (("v1", aws_cli_v1), ("v2", aws_cli_v2))}


def rclone_v2(instance: Instance, bucket: str, keys: Keys, home: Path) -> Store:
    """It signs so with keys that it is given, not with those of the environment."""
    given = {"ACCESS_KEY_ID": keys.access_key_id, "SECRET_ACCESS_KEY": keys.secret_access_key, "ENV_AUTH": "false"}
    return rclone(instance, bucket, keys, home, V2_AUTH="true", **given)


ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128")
SMALL_PARTS = {"multipart_threshold": 5 * MIB, "multipart_chunksize": 5 * MIB}
REQUIRED = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
WHERE_REQUIRED = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
SETTINGS: dict[str, Setting] = {
    **{f"boto3, {each}": Setting(partial(Boto3, algorithm=each), HASH, TRAILER, each.lower()) for each in ALGORITHMS},
    "boto3, checksums where required": Setting(partial(Boto3, **REQUIRED), HASH, HASH),
    "boto3, signed bodies": Setting(partial(Boto3, s3={"payload_signing_enabled": True}), HASH, TRAILER, "crc32"),
    "boto3, unsigned bodies": Setting(partial(Boto3, s3={"payload_signing_enabled": False}), NOTHING, TRAILER, "crc32"),
    "boto3, Signature Version 2": Setting(partial(Boto3, signature_version="s3"), OLD, OLD, "crc32"),
    "boto3, small parts": Setting(partial(Boto3, transfer=SMALL_PARTS), HASH, TRAILER, "crc32"),
    "boto3, one thread": Setting(partial(Boto3, transfer={"use_threads": False}), HASH, TRAILER, "crc32"),
    "boto3, SigV4a": Setting(partial(Boto3, signature_version="s3v4a"), HASH, TRAILER, "crc32"),
    **{
        f"AWS CLI {version}, SHA256": Setting(client, HASH if version == "v1" else TRAILER, TRAILER, "sha256")
        for version, client in both_clis(algorithm="SHA256").items()
    },
    **{
        f"AWS CLI {version}, checksums where required": Setting(client, said, said)
        for said, (version, client) in zip((HASH, NOTHING), both_clis(**WHERE_REQUIRED).items(), strict=True)
    },
    **{
        f"AWS CLI {version}, signed bodies": Setting(client, said, TRAILER, algorithm)
        for (said, algorithm), (version, client) in zip(
            ((HASH, "crc32"), (TRAILER, "crc64nvme")), both_clis(payload_signing_enabled="true").items(), strict=True
        )
    },
    **{
        f"AWS CLI {version}, small parts": Setting(client, said, TRAILER, algorithm)
        for (said, algorithm), (version, client) in zip(
            ((HASH, "crc32"), (TRAILER, "crc64nvme")),
            both_clis(multipart_threshold="5MB", multipart_chunksize="5MB", max_concurrent_requests="2").items(),
            strict=True,
        )
    },
    "AWS CLI v2, its client in C": Setting(
        both_clis(preferred_transfer_client="crt")["v2"], TRAILER, TRAILER, "crc64nvme"
    ),
    "AWS SDK for JavaScript v2, SigV4": Setting(partial(sdk2, signatureVersion="v4"), HASH, NOTHING),
    "AWS SDK for JavaScript v2, Signature Version 2": Setting(partial(sdk2, signatureVersion="s3"), OLD, OLD),
    "AWS SDK for JavaScript v2, signed bodies": Setting(partial(sdk2, s3DisableBodySigning=False), HASH, HASH),
    "AWS SDK for JavaScript v2, no checksums": Setting(partial(sdk2, computeChecksums=False), HASH, NOTHING),
    "rclone, no MD5": Setting(partial(rclone, DISABLE_CHECKSUM="true"), NOTHING, NOTHING),
    "rclone, Signature Version 2": Setting(rclone_v2, OLD, OLD),
    "rclone, signed bodies": Setting(partial(rclone, USE_UNSIGNED_PAYLOAD="false"), GIVES_UP, NOTHING),
    "rclone, checksums": Setting(partial(rclone, USE_DATA_INTEGRITY_PROTECTIONS="true"), GIVES_UP, TRAILER, "crc32"),
    "rclone, as at AWS": Setting(partial(rclone, PROVIDER="AWS", FORCE_PATH_STYLE="true"), GIVES_UP, TRAILER, "crc32"),
    "rclone, small parts": Setting(partial(rclone, UPLOAD_CUTOFF="5M", CHUNK_SIZE="5M"), NOTHING, NOTHING),
    "rclone, no parts": Setting(partial(rclone, USE_MULTIPART_UPLOADS="false"), NOTHING, NOTHING),
    "rclone, older lists": Setting(partial(rclone, LIST_VERSION="1", LIST_URL_ENCODE="false"), NOTHING, NOTHING),
    "rclone, gzip": Setting(
        partial(rclone, USE_ACCEPT_ENCODING_GZIP="true", SIGN_ACCEPT_ENCODING="true"), NOTHING, NOTHING
    ),
    "s3cmd, Signature Version 2": Setting(partial(s3cmd, flags=("--signature-v2",)), OLD, OLD),
    "s3cmd, small parts": Setting(partial(s3cmd, flags=("--multipart-chunk-size-mb=5",)), HASH, HASH),
    "s3cmd, no parts": Setting(partial(s3cmd, flags=("--disable-multipart",)), HASH, HASH),
    "s5cmd, small parts": Setting(partial(s5cmd, part="5"), HASH, HASH),
    "s5cmd, one part at a time": Setting(partial(s5cmd, part="5", how="--concurrency 1"), HASH, HASH),
    "s5cmd, older lists": Setting(partial(s5cmd, flags=("--use-list-objects-v1",)), HASH, HASH),
    "s3cmd, encryption and class": Setting(
        partial(s3cmd, flags=("--server-side-encryption", "--storage-class=STANDARD_IA")), HASH, HASH
    ),
    "minio-py, small parts": Setting(partial(MinioPy.open, part_size=5 * MIB), HASH, NOTHING),
    "minio-py, one part at a time": Setting(
        partial(MinioPy.open, part_size=5 * MIB, num_parallel_uploads=1), HASH, NOTHING
    ),
    "minio-py, of unknown size": Setting(partial(MinioPy.open, is_stream=True, part_size=5 * MIB), HASH, NOTHING),
    "minio-js, small parts": Setting(partial(minio_js, partSize=5 * MIB), HASH, NOTHING),
    "minio-js, large parts": Setting(partial(minio_js, partSize=512 * MIB), HASH, NOTHING),
    "minio-js, of unknown size": Setting(partial(minio_js, how="stream", partSize=5 * MIB), HASH, NOTHING),
    "minio-js, no retries": Setting(partial(minio_js, retryOptions={"disableRetry": True}), HASH, NOTHING),
    "obstore, small parts": Setting(partial(Obstore, use_multipart=True, chunk_size=5 * MIB), HASH, HASH),
    "obstore, no parts": Setting(partial(Obstore, use_multipart=False), HASH, HASH),
    "obstore, no tags": Setting(partial(Obstore, disable_tagging=True), HASH, HASH),
    "obstore, SHA-256": Setting(partial(Obstore, checksum_algorithm="SHA256"), HASH, HASH, "sha256"),
    "obstore, unsigned bodies": Setting(partial(Obstore, unsigned_payload=True), NOTHING, NOTHING),
    "pyarrow, in the foreground": Setting(partial(Arrow.open, background_writes=False), TRAILER, TRAILER, "crc64nvme"),
    "pyarrow, opened late": Setting(partial(Arrow.open, allow_delayed_open=True), TRAILER, TRAILER, "crc64nvme"),
}


@pytest.fixture
def trust(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process knows the CA, for clients that have no other way to be told."""
    if instance.ca_bundle is not None:
        monkeypatch.setenv("SSL_CERT_FILE", instance.ca_bundle)
        monkeypatch.setenv("AWS_CA_BUNDLE", instance.ca_bundle)


@pytest.mark.usefixtures("trust")
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_client_with_another_setting(setting: Setting, instance: Instance, tmp_path: Path) -> None:
    bucket = instance.bucket()
    (small := tmp_path / "small").write_bytes(noise(KIB))
    (large := tmp_path / "large").write_bytes(noise(9 * MIB))
    if instance.scheme == "http" and setting.http == GIVES_UP:
        with pytest.raises(Refused, match=r"not seekable|unseekable"):
            setting.open(instance, bucket, instance.administrator, tmp_path).put("k", small)
        return
    with recording(instance) as recorder:
        described = {**instance.server.description, instance.scheme: recorder.endpoint}
        relayed = replace(instance, server=replace(instance.server, description=described))
        setting.open(relayed, bucket, instance.administrator, tmp_path).put("k", small)
        says_what_it_should(setting, instance.scheme, recorder.headers("PUT", f"/{bucket}/k"), small)
    store = setting.open(instance, bucket, instance.administrator, tmp_path)
    for file in (small, large):
        store.put(f"a/ü {file.name}", file)
        store.get(f"a/ü {file.name}", received := tmp_path / "received")
        assert received.read_bytes() == file.read_bytes()
        received.unlink()
    assert store.sizes("a/") == {"a/ü small": KIB, "a/ü large": 9 * MIB}


def says_what_it_should(setting: Setting, scheme: str, headers: dict[str, str], body: Path) -> None:
    expected = setting.http if scheme == "http" else setting.https
    said = OLD if headers["authorization"].startswith("AWS ") else headers["x-amz-content-sha256"]
    assert said == (sha256(body.read_bytes()).hexdigest() if expected == HASH else expected)
    sums = {name.removeprefix("x-amz-checksum-") for name in headers if name.startswith("x-amz-checksum-")}
    sums |= {headers["x-amz-trailer"].removeprefix("x-amz-checksum-")} if "x-amz-trailer" in headers else set()
    assert sums - {"type"} == ({setting.checksum} if setting.checksum else set())
