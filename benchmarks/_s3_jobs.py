"""Real jobs of real clients at full size, compared byte for byte; with what the server's process held meanwhile.

Not a part of `make bench`: all jobs together take half an hour and 30 GB of disk. Each prints its seconds, the most
resident memory and the most threads of the server's one process, and fails loudly when a byte differs.

Some clients live in an environment of their own (.jobs/, or the folder in WATCHWORD_JOBS); what is missing is skipped
with a line that says so.

Run: .venv/bin/python benchmarks/_s3_jobs.py [JOB …] [--scale SHARE]
"""

from __future__ import annotations

import argparse
import filecmp
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from _house import Served, served
from _load import resident_mib
from _peers import BUCKET, Server, s3_client
from boto3.s3.transfer import TransferConfig

MIB = 1024 * 1024
OBJECT_BYTES_MAX = 5 * 1024 * MIB
JOBS = Path(os.environ.get("WATCHWORD_JOBS", Path(__file__).parents[1] / ".jobs")) / "bin" / "python"
SCRIPTS = Path(__file__).with_name("_s3_job_scripts")
BIN = Path(sys.executable).parent
UNSIGNED = "UNSIGNED-PAYLOAD"


class Skipped(Exception):  # noqa: N818 - not an error
    """A client is missing."""


@dataclass(frozen=True)
class Site:
    """A server, a folder to work in, and how much of each job to do."""

    house: Served
    folder: Path
    scale: float

    @cached_property
    def server(self) -> Server:
        return Server("Watchword", self.house.address, self.house.pid, self.house.credentials)

    def size(self, full: int) -> int:
        return max(1, int(full * self.scale))

    def run(self, *command: str | Path, **variables: str) -> str:
        """Run a client with address and keys in its environment; it must succeed."""
        keys = self.house.credentials
        own = {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret, "HOME": str(self.folder)}
        own |= {"AWS_ENDPOINT_URL": self.house.url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        own |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_EC2_METADATA_DISABLED": "true", **variables}
        done = subprocess.run(
            [str(part) for part in command], env=own, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{command} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    def script(self, name: str, *arguments: str) -> str:
        """Run one of the scripts of the environment for jobs."""
        if not JOBS.exists():
            raise Skipped(f"there is no {JOBS} (see docs/performance.md)")
        return self.run(JOBS, SCRIPTS / name, self.house.url, BUCKET, *arguments)

    def program(self, name: str) -> str:
        found = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
        if found is None:
            raise Skipped(f"{name} is not installed")
        return found


def read_answer(connection: socket.socket) -> bytes:
    """A short answer, head and body."""
    received = b""
    while more := connection.recv(65536):
        received += more
        head, end, body = received.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            break
    return received


def one_put_of_five_gib(site: Site) -> None:
    """One PUT of the largest object there is, and back; one byte more is refused by its head."""
    size = site.size(OBJECT_BYTES_MAX // MIB) * MIB
    sent, received = hashlib.sha256(), hashlib.sha256()
    head = site.server.request("PUT", "five", b"", payload=UNSIGNED)

    def put(length: int, body: Iterator[bytes]) -> bytes:
        with socket.create_connection(site.house.address, timeout=600) as connection:
            connection.sendall(head.replace(b"content-length: 0", b"content-length: %d" % length))
            for piece in body:
                connection.sendall(piece)
            return read_answer(connection)

    piece = random.Random(5).randbytes(MIB)

    def pieces() -> Iterator[bytes]:
        for number in range(size // MIB):
            numbered = number.to_bytes(8) + piece[8:]
            sent.update(numbered)
            yield numbered

    answer = put(size, pieces())
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(answer.decode("latin-1"))
    for received_piece in s3_client(site.server).get_object(Bucket=BUCKET, Key="five")["Body"].iter_chunks(MIB):
        received.update(received_piece)
    same(sent.hexdigest(), received.hexdigest())
    refusal = put(OBJECT_BYTES_MAX + 1, iter(()))
    if b"EntityTooLarge" not in refusal or not refusal.startswith(b"HTTP/1.1 400"):
        raise SystemExit(refusal.decode("latin-1"))


def parts_of_five_gib(site: Site) -> None:
    """5 GiB by boto3 in parts of 512 MiB, four at once, and back."""
    sent = noise(site.folder / "sent", site.size(OBJECT_BYTES_MAX))
    config = TransferConfig(multipart_chunksize=512 * MIB, max_concurrency=4)
    s3 = s3_client(site.server)
    s3.upload_file(str(sent), BUCKET, "parts", Config=config)
    s3.download_file(BUCKET, "parts", str(site.folder / "received"), Config=config)
    same_files(sent, site.folder / "received")


def aws_sync(site: Site) -> None:
    """`aws s3 sync` of 10,000 files, up and down."""
    for number in range(site.size(10_000)):
        noise(site.folder / "up" / f"{number % 100:02d}" / f"file {number}.bin", number * 7 % 20_000)
    aws = site.program("aws")
    site.run(aws, "s3", "sync", "--only-show-errors", "up", f"s3://{BUCKET}/sync")
    site.run(aws, "s3", "sync", "--only-show-errors", f"s3://{BUCKET}/sync", "down")
    same_folders(site.folder / "up", site.folder / "down")
    again = site.run(aws, "s3", "sync", "up", f"s3://{BUCKET}/sync")
    same(again, "")


def aws_cp(site: Site) -> None:
    """`aws s3 cp` of 1 GiB, up and down, by the defaults."""
    sent, aws = noise(site.folder / "sent", site.size(1024 * MIB)), site.program("aws")
    site.run(aws, "s3", "cp", "--only-show-errors", "sent", f"s3://{BUCKET}/cp")
    site.run(aws, "s3", "cp", "--only-show-errors", f"s3://{BUCKET}/cp", "received")
    same_files(sent, site.folder / "received")


def rclone(site: Site) -> None:
    """rclone: sync 2,000 files and one of 300 MiB, compare by download, sync back."""
    for number in range(site.size(2_000)):
        noise(site.folder / "up" / f"{number % 10}" / f"ü {number}", number * 31 % 50_000)
    noise(site.folder / "up" / "large", site.size(300 * MIB))
    settings = {"RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_ENV_AUTH": "true", "RCLONE_S3_ENDPOINT": site.house.url}
    program, there = site.program("rclone"), f":s3:{BUCKET}/rclone"
    site.run(program, "sync", "up", there, **settings)
    site.run(program, "check", "--download", "up", there, **settings)
    site.run(program, "sync", there, "down", **settings)
    same_folders(site.folder / "up", site.folder / "down")


def restic(site: Site) -> None:
    """restic: init, two backups, check of all data, restore, forget with prune."""
    for number in range(site.size(1_000)):
        noise(site.folder / "data" / f"{number}", number * 1_009 % 500_000)
    program, password = site.program("restic"), "of the repository"
    repository = ["--quiet", "--repo", f"s3:{site.house.url}/{BUCKET}/restic"]

    def do(*arguments: str) -> None:
        site.run(program, *repository, *arguments, RESTIC_PASSWORD=password)

    do("init")
    do("backup", "data")
    noise(site.folder / "data" / "more", 5 * MIB)
    do("backup", "data")
    do("check", "--read-data")
    do("restore", "latest", "--target", "restored")
    same_folders(site.folder / "data", site.folder / "restored" / "data")
    do("forget", "--keep-last", "1", "--prune")
    do("check", "--read-data")


def minio_py(site: Site) -> None:
    """minio-py: 300 MiB in parts, and back."""
    from minio import Minio

    sent, keys = noise(site.folder / "sent", site.size(300 * MIB)), site.house.credentials
    address = f"{site.house.address[0]}:{site.house.address[1]}"
    client = Minio(address, access_key=keys.access_key_id, secret_key=keys.secret, secure=False, region="us-east-1")
    client.fput_object(BUCKET, "minio", str(sent))
    client.fget_object(BUCKET, "minio", str(site.folder / "received"))
    same_files(sent, site.folder / "received")


def s3fs(site: Site) -> None:
    """s3fs: a tree there and back, a file of 100 MiB in blocks, appending, globbing, moving, removing."""
    print(site.script("s3fs_tree.py", str(site.size(100 * MIB))), end="")


def parquet(site: Site) -> None:
    """Parquet, written by pyarrow and by polars, scanned by the other with a predicate."""
    print(site.script("parquet.py", str(site.size(2_000_000))), end="")


def terraform(site: Site) -> None:
    """Terraform's own S3 backend: init, apply, a lock that holds, state read back by another folder, destroy."""
    print(site.script("terraform_state.py"), end="")


ALL: dict[str, Callable[[Site], None]] = {
    "put": one_put_of_five_gib,
    "parts": parts_of_five_gib,
    "sync": aws_sync,
    "cp": aws_cp,
    "rclone": rclone,
    "restic": restic,
    "minio": minio_py,
    "s3fs": s3fs,
    "parquet": parquet,
    "terraform": terraform,
}


def noise(path: Path, size: int) -> Path:
    """A file of bytes without a pattern."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size > 0:
            size -= file.write(os.urandom(min(size, 8 * MIB)))
    return path


def same(one: str, other: str) -> None:
    if one != other:
        raise SystemExit(f"`{one}` is not `{other}`")


def same_files(one: Path, other: Path) -> None:
    if not filecmp.cmp(one, other, shallow=False):
        raise SystemExit(f"{one} and {other} differ")


def same_folders(one: Path, other: Path) -> None:
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    if names != {path.relative_to(other) for path in other.rglob("*") if path.is_file()}:
        raise SystemExit(f"{one} and {other} do not have the same files")
    for name in names:
        same_files(one / name, other / name)


class Watch(threading.Thread):
    """Looks at the server's process until it is told that the job is done."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.done = threading.Event()
        self.mib = 0.0
        self.threads = 0

    def run(self) -> None:
        while not self.done.wait(0.05):
            self.mib = max(self.mib, resident_mib(self._pid))
            self.threads = max(self.threads, len(list(Path(f"/proc/{self._pid}/task").iterdir())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(ALL)}; all when none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="0.01 does a hundredth of each job")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as house:
        first = Site(house, Path(folder), options.scale)
        s3_client(first.server).create_bucket(Bucket=BUCKET)
        print(f"at rest: {resident_mib(house.pid):.0f} MiB resident")
        for name in options.jobs or ALL:
            with tempfile.TemporaryDirectory(prefix=name, dir=folder) as own:
                watch = Watch(house.pid)
                watch.start()
                began = time.perf_counter()
                try:
                    ALL[name](Site(house, Path(own), options.scale))
                    seconds = time.perf_counter() - began
                    verdict = f"{seconds:6.1f} s  {watch.mib:4.0f} MiB  {watch.threads} threads"
                except Skipped as why:
                    verdict = f"skipped: {why}"
                finally:
                    watch.done.set()
                print(f"{name:10s} {verdict}", flush=True)


if __name__ == "__main__":
    main()
