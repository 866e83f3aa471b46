"""Object stores as other people's clients offer them: each in its own way, with its own defaults, behind four verbs.

Nothing is set but address, keys, region and CA. What a client refuses is a `Refused` with the client's words.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.clients.instances import REGION, Instance, Keys
from tests.clients.programs import JS, Person, from_the_index, node


class Refused(Exception):  # noqa: N818 - the client's word for it, not a failure of ours
    """The client did not get what it asked for."""


class Store(Protocol):
    """One bucket, as somebody with some keys sees it."""

    def put(self, key: str, file: Path) -> None: ...
    def get(self, key: str, file: Path) -> None: ...
    def sizes(self, prefix: str) -> dict[str, int]: ...
    def remove(self, key: str) -> None: ...


Open = Callable[[Instance, str, Keys, Path], Store]

_SCRIPT = {
    "put": "put {bucket} {key} {file}",
    "get": "get {bucket} {key} {file}",
    "list": "list {bucket} {key}",
    "remove": "remove {bucket} {key}",
}
"""The commands of the scripts in `js/`."""


class Program:
    """A client that is a program; `commands` are its arguments, with {bucket}, {key} and {file} in them.

    `listed` finds a size and a key in what it prints as a list.
    """

    def __init__(self, person: Person, bucket: str, commands: Mapping[str, str], listed: str) -> None:
        self._person, self._bucket, self._commands = person, bucket, commands
        self._listed = re.compile(listed.replace("BUCKET", bucket), re.MULTILINE)

    def put(self, key: str, file: Path) -> None:
        self._run("put", key, file)

    def get(self, key: str, file: Path) -> None:
        self._run("get", key, file)

    def remove(self, key: str) -> None:
        self._run("remove", key)

    def sizes(self, prefix: str) -> dict[str, int]:
        found = self._listed.finditer(self._run("list", prefix))
        return {each["key"]: int(each["size"]) for each in found}

    def _run(self, command: str, key: str, file: Path | None = None) -> str:
        parts = self._commands[command].split()
        ran = self._person.try_to(*(part.format(bucket=self._bucket, key=key, file=file) for part in parts))
        if ran.code != 0:
            raise Refused(ran.out + ran.err)
        return ran.out


def rclone(instance: Instance, bucket: str, keys: Keys, home: Path, **more: str) -> Store:
    """Its CA for S3 is `--ca-cert`; for STS, which it calls for a role, `AWS_CA_BUNDLE`."""
    settings = {"PROVIDER": "Other", "ENV_AUTH": "true", "ENDPOINT": instance.endpoint, "REGION": REGION, **more}
    trusted = () if instance.ca_bundle is None else ("--ca-cert", instance.ca_bundle)
    program = (from_the_index("rclone"), *trusted, "--retries", "1", "--low-level-retries", "1")
    person = instance.person(home, keys).having(**{f"RCLONE_S3_{name}": value for name, value in settings.items()})
    commands = {
        "put": "copyto {file} :s3:{bucket}/{key}",
        "get": "copyto :s3:{bucket}/{key} {file}",
        "list": "lsf :s3:{bucket} --recursive --files-only --format sp --separator : --include /{key}**",
        "remove": "deletefile :s3:{bucket}/{key}",
    }
    return Program(person.using(*program), bucket, commands, r"^(?P<size>\d+):(?P<key>.*)$")


def sdk2(
    instance: Instance, bucket: str, keys: Keys, home: Path, role: str = "", here: str = "", **options: Any
) -> Store:
    """The AWS SDK for JavaScript v2; `options` are its client's. `here` is a host name that leads to us."""
    variables = {"OPTIONS": json.dumps(options), "HERE": here} | ({"ROLE_ARN": role} if role else {})
    person = instance.person(home, keys).having(**variables).using(node(), JS / "sdk2.mjs", instance.endpoint)
    return Program(person, bucket, _SCRIPT, r"^(?P<size>\d+) (?P<key>.*)$")


def s5cmd(
    instance: Instance,
    bucket: str,
    keys: Keys,
    home: Path,
    part: str = "50",
    flags: tuple[str, ...] = (),
    how: str = "",
) -> Store:
    """`flags` are those of the program, `how` those of an upload."""
    program = (from_the_index("s5cmd"), "--endpoint-url", instance.endpoint, "--retry-count", "0", *flags)
    commands = {
        "put": f"cp --part-size {part} {how} {{file}} s3://{{bucket}}/{{key}}",
        "get": "cp s3://{bucket}/{key} {file}",
        "list": "--json ls s3://{bucket}/{key}*",
        "remove": "rm s3://{bucket}/{key}",
    }
    listed = r'"key":"s3://BUCKET/(?P<key>[^"]*)".*"size":(?P<size>\d+)'
    return Program(instance.person(home, keys).using(*program), bucket, commands, listed)


def s3cmd(instance: Instance, bucket: str, keys: Keys, home: Path, flags: tuple[str, ...] = ()) -> Store:
    address = urlsplit(instance.endpoint).netloc
    trusted = () if instance.ca_bundle is None else ("--ca-certs", instance.ca_bundle)
    scheme = "--no-ssl" if instance.scheme == "http" else "--ssl"
    token = () if keys.session_token is None else ("--access_token", keys.session_token)
    program = (from_the_index("s3cmd"), "--host", address, "--host-bucket", address, scheme, *trusted, *token, *flags)
    commands = {
        "put": "put {file} s3://{bucket}/{key}",
        "get": "get s3://{bucket}/{key} {file}",
        "list": "ls --recursive s3://{bucket}/{key}",
        "remove": "rm s3://{bucket}/{key}",
    }
    listed = r"(?P<size>\d+) +s3://BUCKET/(?P<key>.*)$"
    return Program(instance.person(home, keys).using(*program), bucket, commands, listed)


def minio_js(
    instance: Instance,
    bucket: str,
    keys: Keys,
    home: Path,
    role: str = "",
    here: str = "",
    how: str = "",
    **options: Any,
) -> Store:
    """minio-js; `options` are its client's, `how` may be `stream`: uploads of which it does not know the size."""
    variables = {"OPTIONS": json.dumps(options), "HERE": here, "HOW": how}
    variables |= {"ROLE_ARN": role} if role else {}
    person = instance.person(home, keys).having(**variables).using(node(), JS / "minio.mjs", instance.endpoint)
    return Program(person, bucket, _SCRIPT, r"^(?P<size>\d+) (?P<key>.*)$")


class MinioPy:
    """minio-py."""

    def __init__(self, client: Any, bucket: str, *, is_stream: bool = False, **how: Any) -> None:
        """`how` are arguments of each upload; a stream is one of which it does not know the size."""
        self._client, self._bucket = client, bucket
        self._is_stream, self._how = is_stream, how

    @classmethod
    def open(cls, instance: Instance, bucket: str, keys: Keys, home: Path, **how: Any) -> Store:
        token = keys.session_token
        client = cls.connect(
            instance, access_key=keys.access_key_id, secret_key=keys.secret_access_key, session_token=token
        )
        return cls(client, bucket, **how)

    @classmethod
    def assuming(cls, role: str, instance: Instance, bucket: str, keys: Keys, home: Path) -> Store:
        providers: Any = importlib.import_module("minio.credentials")
        provider = providers.AssumeRoleProvider(
            sts_endpoint=instance.endpoint,
            access_key=keys.access_key_id,
            secret_key=keys.secret_access_key,
            role_arn=role,
            role_session_name="reader",
            region=REGION,
            http_client=cls.pool(instance),
        )
        return cls(cls.connect(instance, credentials=provider), bucket)

    @classmethod
    def connect(cls, instance: Instance, **keys: Any) -> Any:
        minio: Any = importlib.import_module("minio")
        address, secure = urlsplit(instance.endpoint).netloc, instance.scheme == "https"
        return minio.Minio(address, secure=secure, region=REGION, http_client=cls.pool(instance), **keys)

    @staticmethod
    def pool(instance: Instance) -> Any:
        urllib3: Any = importlib.import_module("urllib3")
        return urllib3.PoolManager(ca_certs=instance.ca_bundle, retries=False)

    def put(self, key: str, file: Path) -> None:
        if not self._is_stream:
            return self._take("fput_object", key, str(file), **self._how)
        with file.open("rb") as stream:
            return self._take("put_object", key, stream, -1, **self._how)

    def get(self, key: str, file: Path) -> None:
        self._take("fget_object", key, str(file))

    def remove(self, key: str) -> None:
        self._take("remove_object", key)

    def sizes(self, prefix: str) -> dict[str, int]:
        found = self._client.list_objects(self._bucket, prefix, recursive=True)
        return {each.object_name: each.size for each in found}

    def _take(self, method: str, *arguments: Any, **how: Any) -> None:
        minio_errors: Any = importlib.import_module("minio.error")
        try:
            getattr(self._client, method)(self._bucket, *arguments, **how)
        except minio_errors.S3Error as error:
            raise Refused(str(error)) from error


class Arrow:
    """The S3 file system of pyarrow, which is AWS's SDK for C++."""

    def __init__(self, instance: Instance, bucket: str, **settings: str | bool | None) -> None:
        self._fs: Any = importlib.import_module("pyarrow.fs")
        self._bucket = bucket
        self._store = self._fs.S3FileSystem(
            region=REGION, endpoint_override=instance.endpoint, tls_ca_file_path=instance.ca_bundle, **settings
        )

    @classmethod
    def open(cls, instance: Instance, bucket: str, keys: Keys, home: Path, **settings: bool) -> Store:
        return cls(
            instance,
            bucket,
            access_key=keys.access_key_id,
            secret_key=keys.secret_access_key,
            session_token=keys.session_token,
            **settings,
        )

    @classmethod
    def assuming(cls, role: str, instance: Instance, bucket: str, keys: Keys, home: Path) -> Store:
        """Its keys are those of this process, and so are STS's address and CA."""
        return cls(instance, bucket, role_arn=role, session_name="reader")

    def put(self, key: str, file: Path) -> None:
        try:
            with self._store.open_output_stream(f"{self._bucket}/{key}") as stream:
                stream.write(file.read_bytes())
        except OSError as error:
            raise Refused(str(error)) from error

    def get(self, key: str, file: Path) -> None:
        try:
            with self._store.open_input_file(f"{self._bucket}/{key}") as stream:
                file.write_bytes(stream.read())
        except OSError as error:
            raise Refused(str(error)) from error

    def remove(self, key: str) -> None:
        self._store.delete_file(f"{self._bucket}/{key}")

    def sizes(self, prefix: str) -> dict[str, int]:
        folder = self._fs.FileSelector(f"{self._bucket}/{prefix.rstrip('/')}", recursive=True)
        found = [each for each in self._store.get_file_info(folder) if each.is_file]
        return {each.path.removeprefix(f"{self._bucket}/"): each.size for each in found}


class Obstore:
    """obstore, which is Rust's object_store. Its CA is `SSL_CERT_FILE` of this process."""

    def __init__(self, instance: Instance, bucket: str, keys: Keys, home: Path, **settings: Any) -> None:
        stores: Any = importlib.import_module("obstore.store")
        token = {} if keys.session_token is None else {"session_token": keys.session_token}
        plain = {"endpoint": instance.endpoint, "client_options": {"allow_http": instance.scheme == "http"}}
        self._how = {name: settings.pop(name) for name in ("chunk_size", "use_multipart") if name in settings}
        self.store = stores.S3Store(
            bucket,
            region=REGION,
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            retry_config={"max_retries": 0},
            **plain | token | settings,
        )

    def put(self, key: str, file: Path) -> None:
        self._take("put", key, file, **self._how)

    def get(self, key: str, file: Path) -> None:
        file.write_bytes(self._take("get", key).bytes())

    def remove(self, key: str) -> None:
        self._take("delete", key)

    def sizes(self, prefix: str) -> dict[str, int]:
        return {each["path"]: each["size"] for batch in self.store.list(prefix) for each in batch}

    def _take(self, method: str, *arguments: Any, **how: Any) -> Any:
        errors: Any = importlib.import_module("obstore.exceptions")
        try:
            return getattr(self.store, method)(*arguments, **how)
        except errors.BaseError as error:
            raise Refused(str(error)) from error


STORES: dict[str, Open] = {
    "minio-py": MinioPy.open,
    "minio-js": minio_js,
    "AWS SDK for JavaScript v2": sdk2,
    "rclone": rclone,
    "s5cmd": s5cmd,
    "s3cmd": s3cmd,
    "pyarrow": Arrow.open,
    "obstore": Obstore,
}

IN_PARTS: dict[str, Open] = {
    "minio-js": partial(minio_js, partSize=5242880),
    "rclone": partial(rclone, UPLOAD_CUTOFF="5M", CHUNK_SIZE="5M"),
    "s5cmd": partial(s5cmd, part="5"),
    **{name: STORES[name] for name in ("minio-py", "AWS SDK for JavaScript v2", "s3cmd", "pyarrow", "obstore")},
}
"""Clients that send 20 MiB in parts, three of them only when told to."""


ASSUMING: dict[str, Callable[[str], Open]] = {
    "minio-py": lambda role: partial(MinioPy.assuming, role),
    "minio-js": lambda role: partial(minio_js, role=role),
    "AWS SDK for JavaScript v2": lambda role: partial(sdk2, role=role),
    # rclone makes the bucket before it writes, unless told not to.
    "rclone": lambda role: partial(rclone, ROLE_ARN=role, NO_CHECK_BUCKET="true"),
    "pyarrow": lambda role: partial(Arrow.assuming, role),
}
"""Clients that assume a role themselves, given its ARN."""
