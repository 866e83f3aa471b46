"""What third-party clients do beyond there and back: links, forms, conditions, copies in parts, folders, tables."""

from __future__ import annotations

import importlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clients.instances import REGION, Instance, noise
from tests.clients.programs import JS, Person, from_the_index, node, on_the_machine
from tests.clients.stores import MinioPy, Obstore

MIB = 1024 * 1024


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


@pytest.fixture
def minio(instance: Instance) -> Any:
    keys = instance.administrator
    return MinioPy.connect(instance, access_key=keys.access_key_id, secret_key=keys.secret_access_key)


def test_links_of_minio_read_and_write(minio: Any, instance: Instance, bucket: str) -> None:
    anybody = MinioPy.pool(instance)
    assert anybody.request("PUT", minio.presigned_put_object(bucket, "a b/ü"), body=b"by link").status == 200
    link = minio.presigned_get_object(bucket, "a b/ü", response_headers={"response-content-type": "text/x-link"})
    answer = anybody.request("GET", link)
    assert (answer.status, answer.data, answer.headers["content-type"]) == (200, b"by link", "text/x-link")
    assert anybody.request("GET", link.replace("text%2Fx-link", "text%2Fhtml")).status == 403


def test_a_form_of_minio_uploads_what_its_policy_allows(minio: Any, instance: Instance, bucket: str) -> None:
    datatypes: Any = importlib.import_module("minio.datatypes")
    policy = datatypes.PostPolicy(bucket, datetime.now(UTC) + timedelta(minutes=1))
    policy.add_starts_with_condition("key", "up/")
    policy.add_content_length_range_condition(1, 100)
    form = minio.presigned_post_policy(policy)

    def upload(key: str, data: bytes) -> int:
        fields = {**form, "key": key, "file": ("name", data)}
        return MinioPy.pool(instance).request("POST", f"{instance.endpoint}/{bucket}", fields=fields).status

    assert upload("up/mine", b"small") == 204
    assert upload("elsewhere", b"small") == 403
    assert upload("up/large", b"x" * 101) == 400
    assert [each.object_name for each in minio.list_objects(bucket, recursive=True)] == ["up/mine"]


def test_minio_streams_composes_and_deletes_many(minio: Any, instance: Instance, bucket: str) -> None:
    common, deletes = (importlib.import_module(f"minio.{name}") for name in ("commonconfig", "deleteobjects"))
    first, second = noise(6 * MIB), noise(10)
    minio.put_object(bucket, "first", io.BytesIO(first), -1, part_size=5 * MIB)
    minio.put_object(bucket, "second & <last>", io.BytesIO(second), len(second))
    names = ("first", "second & <last>")
    minio.compose_object(bucket, "both", [common.ComposeSource(bucket, name) for name in names])
    whole = instance.client("s3").get_object(Bucket=bucket, Key="both")["Body"].read()
    assert whole == first + second
    gone = [deletes.DeleteObject(name) for name in (*names, "both", "never there")]
    assert list(minio.remove_objects(bucket, gone)) == []
    assert list(minio.list_objects(bucket, recursive=True)) == []


def test_obstore_writes_on_conditions_and_reads_ranges(
    instance: Instance, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if instance.ca_bundle is not None:
        monkeypatch.setenv("SSL_CERT_FILE", instance.ca_bundle)
    errors: Any = importlib.import_module("obstore.exceptions")
    obstore: Any = importlib.import_module("obstore")
    store = Obstore(instance, bucket, instance.administrator, tmp_path).store
    first = store.put("k", b"0123456789", mode="create")
    with pytest.raises(errors.AlreadyExistsError):
        store.put("k", b"again", mode="create")
    assert [bytes(part) for part in store.get_ranges("k", starts=[0, 7], lengths=[2, 2])] == [b"01", b"78"]
    store.put("k", b"newer", mode={"e_tag": first["e_tag"]})
    with pytest.raises(errors.PreconditionError):
        store.put("k", b"stale", mode={"e_tag": first["e_tag"]})
    with pytest.raises(errors.NotModifiedError):
        store.get("k", options={"if_none_match": store.head("k")["e_tag"]})
    link = obstore.sign(store, "GET", "k", timedelta(seconds=60))
    assert MinioPy.pool(instance).request("GET", link).data == b"newer"


def test_a_link_of_s3cmd_is_signed_as_of_old(instance: Instance, bucket: str, tmp_path: Path) -> None:
    instance.client("s3").put_object(Bucket=bucket, Key="letter", Body=b"open me")
    address = instance.endpoint.removeprefix(f"{instance.scheme}://")
    scheme = "--no-ssl" if instance.scheme == "http" else "--ssl"
    person = instance.person(tmp_path)
    s3cmd = person.using(from_the_index("s3cmd"), scheme, "--host", address, "--host-bucket", address)
    link = s3cmd.run("signurl", f"s3://{bucket}/letter", "+60")
    link = f"{instance.scheme}://{link.partition('://')[2]}"
    assert "AWSAccessKeyId=" in link
    trusted = () if instance.ca_bundle is None else ("--cacert", instance.ca_bundle)
    anybody = Person((on_the_machine("curl"), "--silent", *trusted), tmp_path, {})
    assert anybody.run(link) == "open me"
    assert "<Code>SignatureDoesNotMatch</Code>" in anybody.run(link.replace("letter", "other"))


def test_links_and_forms_of_minio_in_javascript(instance: Instance, bucket: str, tmp_path: Path) -> None:
    script = instance.person(tmp_path).using(node(), JS / "minio.mjs", instance.endpoint)
    anybody = MinioPy.pool(instance)
    assert anybody.request("PUT", script.run("linkput", bucket, "a b/ü"), body=b"by link").status == 200
    assert anybody.request("GET", link := script.run("link", bucket, "a b/ü")).data == b"by link"
    assert anybody.request("GET", link.replace("a%20b", "a%20c")).status == 403
    form = script.json("form", bucket, "by form")
    for size, status in ((1024, 204), (1025, 400), (0, 400)):
        fields = form["formData"] | {"file": ("name", noise(size))}
        assert anybody.request("POST", form["postURL"], fields=fields).status == status
    fields = form["formData"] | {"key": "another key", "file": ("name", b"x")}
    assert anybody.request("POST", form["postURL"], fields=fields).status == 403


def test_what_minio_appends_is_refused_and_changes_nothing(minio: Any, bucket: str) -> None:
    """S3 appends in directory buckets of one zone only, by `x-amz-write-offset-bytes`; here nowhere."""
    errors: Any = importlib.import_module("minio.error")
    minio.put_object(bucket, "k", io.BytesIO(b"as it was"), 9)
    with pytest.raises(errors.S3Error, match="NotImplemented"):
        minio.append_object(bucket, "k", io.BytesIO(b" and more"), 9)
    assert minio.get_object(bucket, "k").data == b"as it was"


def test_a_link_of_the_older_javascript_sdk_is_signed_as_of_old_unless_told(
    instance: Instance, bucket: str, tmp_path: Path
) -> None:
    instance.client("s3").put_object(Bucket=bucket, Key="a b/ü", Body=b"open me")
    trusted = () if instance.ca_bundle is None else ("--cacert", instance.ca_bundle)
    anybody = Person((on_the_machine("curl"), "--silent", *trusted), tmp_path, {})
    for options, mark in (("{}", "AWSAccessKeyId="), ('{"signatureVersion": "v4"}', "X-Amz-Signature=")):
        script = instance.person(tmp_path).having(OPTIONS=options).using(node(), JS / "sdk2.mjs", instance.endpoint)
        link = script.run("link", bucket, "a b/ü")
        assert mark in link
        assert anybody.run(link) == "open me"
        assert "<Code>SignatureDoesNotMatch</Code>" in anybody.run(link.replace("a%20b", "a%20c"))


def test_rclone_keeps_a_folder_the_same(instance: Instance, bucket: str, tmp_path: Path) -> None:
    trusted = () if instance.ca_bundle is None else ("--ca-cert", instance.ca_bundle)
    flags = ("--retries", "1", "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", instance.endpoint, *trusted)
    rclone = instance.person(tmp_path).using(from_the_index("rclone"), *flags)
    here = tmp_path / "here"
    here.mkdir()
    for number in range(5):
        (here / f"file {number}").write_bytes(noise(number * 1000))
    (here / "large").write_bytes(noise(12 * MIB))
    there = f":s3:{bucket}/there"
    rclone.run("sync", here, there, "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M")
    (here / "file 0").unlink()
    rclone.run("sync", here, there)
    rclone.run("check", here, there)
    rclone.run("copyto", f"{there}/large", f":s3:{bucket}/copy", "--s3-copy-cutoff", "5M", "--s3-chunk-size", "5M")
    rclone.run("copyto", f":s3:{bucket}/copy", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == (here / "large").read_bytes()
    rclone.run("purge", f":s3:{bucket}")
    assert "NoSuchBucket" in rclone.refused("rmdir", f":s3:{bucket}")


def test_s5cmd_copies_and_removes_by_pattern(instance: Instance, bucket: str, tmp_path: Path) -> None:
    s5cmd = instance.person(tmp_path).using(from_the_index("s5cmd"), "--endpoint-url", instance.endpoint)
    for number in range(12):
        (tmp_path / f"file-{number}.txt").write_bytes(noise(number))
    s5cmd.run("cp", f"{tmp_path}/*.txt", f"s3://{bucket}/all/")
    s5cmd.run("rm", f"s3://{bucket}/all/file-1*.txt")
    left = instance.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [each["Key"] for each in left] == [f"all/file-{number}.txt" for number in (0, *range(2, 10))]


def test_a_table_of_pyarrow_is_partitioned_moved_and_read(instance: Instance, bucket: str) -> None:
    names = ("pyarrow", "pyarrow.fs", "pyarrow.dataset")
    arrow, filesystems, datasets = (importlib.import_module(name) for name in names)
    keys = instance.administrator
    store = filesystems.S3FileSystem(
        region=REGION,
        endpoint_override=instance.endpoint,
        tls_ca_file_path=instance.ca_bundle,
        access_key=keys.access_key_id,
        secret_key=keys.secret_access_key,
    )
    table = arrow.table({"number": list(range(10_000)), "kind": ["a", "b"] * 5_000})
    written = {"format": "parquet", "filesystem": store, "partitioning": ["kind"]}
    datasets.write_dataset(table, f"{bucket}/table", **written)
    store.move(f"{bucket}/table/a/part-0.parquet", f"{bucket}/table/a/moved ü.parquet")
    back = datasets.dataset(f"{bucket}/table", **written).to_table()
    assert sorted(back["number"].to_pylist()) == list(range(10_000))
    store.delete_dir_contents(bucket)
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
