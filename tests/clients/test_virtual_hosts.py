"""Clients that put the bucket into the host name: each that can, with objects that go at once and in parts."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.clients.instances import REGION, Instance, noise
from tests.clients.name_proxy import Proxied, proxied
from tests.clients.programs import aws_cli_v1, aws_cli_v2
from tests.clients.stores import Arrow, MinioPy, Obstore, Store, minio_js, rclone, s3cmd, sdk2
from tests.clients.test_settings import Boto3, aws

KIB, MIB = 1024, 1024 * 1024
Connect = Callable[[Proxied, str, Path], Store]


def boto3(instance: Proxied, bucket: str, home: Path) -> Store:
    proxies = {"http": instance.proxy, "https": instance.proxy}
    return Boto3(instance, bucket, instance.administrator, home, proxies=proxies, s3={"addressing_style": "virtual"})


def cli(program: Callable[[], str]) -> Connect:
    def connect(instance: Proxied, bucket: str, home: Path) -> Store:
        return aws(program, instance, bucket, instance.administrator, home, addressing_style="virtual")

    return connect


def minio_py(instance: Proxied, bucket: str, home: Path) -> Store:
    minio, urllib3 = importlib.import_module("minio"), importlib.import_module("urllib3")
    keys, trusted = instance.administrator, instance.ca_bundle
    client: Any = minio.Minio(
        urlsplit(instance.endpoint).netloc,
        keys.access_key_id,
        keys.secret_access_key,
        secure=instance.scheme == "https",
        region=REGION,
        http_client=urllib3.ProxyManager(instance.proxy, ca_certs=trusted, retries=False),
    )
    client.enable_virtual_style_endpoint()
    return MinioPy(client, bucket)


def s3cmd_by_host(instance: Proxied, bucket: str, home: Path) -> Store:
    proxy, name = urlsplit(instance.proxy), urlsplit(instance.endpoint).netloc
    (home / ".s3cfg").write_text(f"[default]\nproxy_host = {proxy.hostname}\nproxy_port = {proxy.port}\n")
    flags = ("--host-bucket", f"%(bucket)s.{name}", "--multipart-chunk-size-mb=5")
    return s3cmd(instance, bucket, instance.administrator, home, flags=flags)


def arrow(instance: Proxied, bucket: str, home: Path) -> Store:
    keys = instance.administrator
    return Arrow(
        instance,
        bucket,
        access_key=keys.access_key_id,
        secret_key=keys.secret_access_key,
        force_virtual_addressing=True,
        proxy_options=instance.proxy,
    )


def obstore(instance: Proxied, bucket: str, home: Path) -> Store:
    name = f"{instance.scheme}://{bucket}.{urlsplit(instance.endpoint).netloc}"
    options = {"allow_http": True, "proxy_url": instance.proxy}
    by_host = {"endpoint": name, "virtual_hosted_style_request": True, "client_options": options}
    return Obstore(instance, bucket, instance.administrator, home, **by_host)


CLIENTS: dict[str, Connect] = {
    "boto3": boto3,
    "AWS CLI v1": cli(aws_cli_v1),
    "AWS CLI v2": cli(aws_cli_v2),
    "minio-py": minio_py,
    "rclone": lambda instance, bucket, home: rclone(
        instance, bucket, instance.administrator, home, FORCE_PATH_STYLE="false", UPLOAD_CUTOFF="5M", CHUNK_SIZE="5M"
    ),
    "s3cmd": s3cmd_by_host,
    "pyarrow": arrow,
    "obstore": obstore,
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_bucket_in_the_host_name(
    client: Connect, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if instance.ca_bundle is not None:
        monkeypatch.setenv("SSL_CERT_FILE", instance.ca_bundle)
    bucket = instance.bucket()
    with proxied(instance) as (named, hosts):
        goes_and_comes_back(client(named, bucket, tmp_path), tmp_path)
    assert f"{bucket}.s3.localhost" in hosts


@pytest.mark.parametrize(
    ("open_", "options"),
    [(minio_js, {"pathStyle": False}), (sdk2, {"s3ForcePathStyle": False})],
    ids=["minio-js", "AWS SDK for JavaScript v2"],
)
def test_a_bucket_in_the_host_name_in_javascript(
    open_: Callable[..., Store], options: dict[str, Any], instance: Instance, tmp_path: Path
) -> None:
    """Node.js asks its agent for the address of a name, so it needs no proxy; this one knows no other name."""
    bucket = instance.bucket()
    named = Proxied(instance.scheme, instance.server, instance.account_id, instance.administrator)
    here = f"{bucket}.s3.localhost"
    goes_and_comes_back(open_(named, bucket, instance.administrator, tmp_path, here=here, **options), tmp_path)


def goes_and_comes_back(store: Store, home: Path) -> None:
    for name, size in (("small", KIB), ("large", 9 * MIB)):
        (home / name).write_bytes(noise(size))
        store.put(f"a/ü {name}", home / name)
        store.get(f"a/ü {name}", received := home / "received")
        assert received.read_bytes() == (home / name).read_bytes()
        received.unlink()
    assert store.sizes("a/") == {"a/ü small": KIB, "a/ü large": 9 * MIB}
