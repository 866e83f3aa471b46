"""`watchword sign`: sign any request and show every step, to learn from and to compare with.

Sends nothing. Secrets come from the environment or from a data directory, never from the command line, where others
could read them; what is derived from them is not shown.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from watchword.cli.options import data_option, json_option
from watchword.core.errors import OperatorError
from watchword.gateway.names import read_host
from watchword.signing.keys import V4, V4A
from watchword.signing.signer import Credentials, Target, presign_request, sign_request
from watchword.signing.v2_signer import sign_v2


class _Asked(NamedTuple):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    region: str
    presign_seconds: int | None
    at: datetime


class _Shown(NamedTuple):
    """What is printed, in order."""

    steps: list[tuple[str, str, str]]
    """Title, explanation, text."""
    headers: Mapping[str, str]
    url: str
    signature: str


@click.command()
@click.argument("method")
@click.argument("url")
@click.option("-H", "--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header to send and sign.")
@click.option("--body", default="", metavar="TEXT", help="The body; @FILE reads a file.")
@click.option("--service", metavar="NAME", help="The signing name; what the host names when left out, else s3.")
@click.option("--region", metavar="NAME", help="The region, or for SigV4a the region set.")
@click.option("--presign", "presign_seconds", type=click.IntRange(0, 604_800), metavar="SECONDS", help="Sign the URL.")
@click.option("--version", type=click.Choice(["v4", "v4a", "v2"]), default="v4", show_default=True)
@click.option("--at", metavar="TIME", help="Sign for this moment, such as 2026-03-14T15:09:26Z; now when left out.")
@data_option
@json_option
def sign(
    method: str,
    url: str,
    headers: tuple[str, ...],
    body: str,
    service: str | None,
    region: str | None,
    presign_seconds: int | None,
    version: str,
    at: str | None,
    data_dir: Path,
    as_json: bool,
) -> None:
    """Sign a request and show how, step by step. Nothing is sent.

    \b
      watchword sign GET https://sts.amazonaws.com/?Action=GetCallerIdentity\\&Version=2011-06-15
      watchword sign PUT http://localhost:8484/bucket/key --body @photo.jpg
      watchword sign GET http://localhost:8484/bucket/key --presign 300

    The keys are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else those of the data directory.
    """  # noqa: D301 - click reads the backspace
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.BadParameter("give a whole URL, such as https://sts.amazonaws.com/", param_hint="URL")
    credentials, region_default = _credentials(data_dir)
    named = read_host(parts.netloc)
    asked = _Asked(
        method.upper(),
        url if parts.path else parts._replace(path="/").geturl(),
        dict(_header(text) for text in headers),
        _body(body),
        service or named.service or "s3",
        region or named.region or region_default,
        presign_seconds,
        _moment(at),
    )
    shown = _sign_v2(asked, credentials, named.bucket) if version == "v2" else _sign_v4(asked, credentials, version)
    (_print_json if as_json else _print)(asked, shown)


def _sign_v4(asked: _Asked, credentials: Credentials, version: str) -> _Shown:
    target = Target(asked.service, asked.region, s3=asked.service == "s3", algorithm=V4 if version == "v4" else V4A)
    if asked.presign_seconds is None:
        made = sign_request(asked.method, asked.url, asked.headers, asked.body, credentials, target, asked.at)
    else:
        made = presign_request(
            asked.method, asked.url, asked.headers, credentials, target, asked.at, expires_seconds=asked.presign_seconds
        )
    date = made.amz_date[:8]
    derivation = (
        f'"AWS4" + secret → {date} → {asked.region} → {asked.service} → aws4_request'
        if version == "v4"
        else '"AWS4A" + secret, access key id → an ECDSA P-256 key pair, the same for all days and regions'
    )
    steps = [
        ("canonical request", "one spelling for every request that means the same", made.canonical_request),
        ("string to sign", "algorithm, time, scope, SHA-256 of the canonical request", made.string_to_sign),
        ("signing key", "each arrow is an HMAC-SHA256" if version == "v4" else "derived once", derivation),
        ("signature", "of the string to sign, with that key", made.signature),
    ]
    return _Shown(steps, made.headers, made.url, made.signature)


def _sign_v2(asked: _Asked, credentials: Credentials, bucket: str | None) -> _Shown:
    made = sign_v2(
        asked.method,
        asked.url,
        asked.headers,
        credentials,
        asked.at,
        bucket_in_host=bucket,
        expires_seconds=asked.presign_seconds,
    )
    steps = [
        ("string to sign", "method, MD5, type, date, x-amz-* headers, resource", made.string_to_sign),
        ("signature", "HMAC-SHA1 with the secret itself, in base64", made.signature),
    ]
    return _Shown(steps, made.headers, made.url, made.signature)


def _print(asked: _Asked, shown: _Shown) -> None:
    for number, (title, explanation, text) in enumerate(shown.steps, start=1):
        click.echo(f"{click.style(f'{number}. {title}', bold=True)}  {click.style(explanation, dim=True)}")
        for line in text.split("\n"):
            click.echo(f"   {click.style(line, fg='cyan') if line else click.style('(an empty line)', dim=True)}")
        click.echo()
    click.echo(f"{click.style('send', bold=True)}  {click.style('this is the signed request', dim=True)}")
    click.echo(f"   {_curl(asked, shown)}")


def _print_json(asked: _Asked, shown: _Shown) -> None:
    document: dict[str, Any] = {title.replace(" ", "_"): text for title, _, text in shown.steps}
    document |= {"method": asked.method, "url": shown.url, "headers": dict(shown.headers)}
    click.echo(json.dumps(document))


def _curl(asked: _Asked, shown: _Shown) -> str:
    words = ["curl", "-X", asked.method]
    for name, value in shown.headers.items():
        if name != "host":
            words += ["-H", f"{name}: {value}"]
    if asked.body:
        words += ["--data-binary", asked.body.decode("utf-8", "replace")]
    return shlex.join([*words, shown.url])


def _credentials(data_dir: Path) -> tuple[Credentials, str]:
    """The keys to sign with, and the region where no other is named. Raises OperatorError."""
    environment = os.environ
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if key and secret:
        return Credentials(key, secret, environment.get("AWS_SESSION_TOKEN")), region or "us-east-1"
    from watchword.server.data_directory import read_credentials

    try:
        key, secret, of_data = read_credentials(data_dir)
    except OperatorError as error:
        raise OperatorError(f"no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to sign with; {error}") from None
    return Credentials(key, secret), region or of_data


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"`{text}` is not NAME:VALUE", param_hint="--header")
    return name.strip().lower(), value.strip()


def _body(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{error}", param_hint="--body") from None


def _moment(text: str | None) -> datetime:
    if text is None:
        from watchword.server.system_clock import SystemClock

        return SystemClock().now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"`{text}` is no time", param_hint="--at") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
