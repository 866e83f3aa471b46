"""`watchword serve` and `watchword up`."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from watchword.cli.options import data_option, json_option, parsed, store_option
from watchword.server.settings import (
    HTTP_DEFAULT,
    HTTPS_DEFAULT,
    LOOPBACK,
    Address,
    Network,
    Settings,
    VpcEndpointSettings,
    parse_address,
    parse_network,
    parse_vpc_endpoint,
)

F = TypeVar("F", bound=Callable[..., Any])


_NODE_OPTIONS = (
    click.option(
        "--keys-to",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="SOCKET",
        envvar="WATCHWORD_KEYS_TO",
        help="Give derived keys to front nodes of this machine, at this Unix socket.",
    ),
    click.option(
        "--keys-from",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="SOCKET",
        envvar="WATCHWORD_KEYS_FROM",
        help="Serve as a front node: read no master key, ask the node at this socket for derived keys.",
    ),
    click.option(
        "--metrics-from",
        multiple=True,
        metavar="CIDR",
        callback=parsed(parse_network),
        help="Who may read /_watchword/metrics; only this machine when left out.",
    ),
)


def _server_options(function: F) -> F:
    for option in reversed(
        (
            data_option,
            click.option(
                "--http",
                metavar="HOST:PORT",
                callback=parsed(parse_address),
                envvar="WATCHWORD_HTTP",
                help=f"Listen for HTTP; port 0 takes a free one. {HTTP_DEFAULT} when neither scheme is given.",
            ),
            click.option(
                "--https",
                metavar="HOST:PORT",
                callback=parsed(parse_address),
                envvar="WATCHWORD_HTTPS",
                help=f"Listen for HTTPS, with the local CA. {HTTPS_DEFAULT} when neither is given.",
            ),
            click.option("--host", "hosts", multiple=True, metavar="NAME", help="A further name in the certificate."),
            click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, metavar="N"),
            click.option(
                "--signature-v2/--no-signature-v2",
                default=True,
                envvar="WATCHWORD_SIGNATURE_V2",
                help="Whether S3 takes Signature Version 2 (HMAC-SHA1), which older clients use for presigned URLs.",
            ),
            click.option("--insecure-http", is_flag=True, help="Allow plain HTTP beyond this machine."),
            click.option(
                "--trusted-proxy",
                "trusted_proxies",
                multiple=True,
                metavar="CIDR",
                callback=parsed(parse_network),
                help="Believe X-Forwarded-For and X-Forwarded-Proto of these peers.",
            ),
            click.option(
                "--vpc-endpoint",
                "vpc_endpoints",
                multiple=True,
                metavar="ID:VPC[:ACCOUNT][:POLICYFILE]@HOST:PORT",
                callback=parsed(parse_vpc_endpoint),
                help="Listen there as a VPC endpoint, with its policy; before HOST, https:// asks for TLS.",
            ),
            *_NODE_OPTIONS,
            click.option(
                "--stale-max",
                type=click.IntRange(0),
                default=300,
                show_default=True,
                metavar="SECONDS",
                help="How long to decide from memory when the store is lost.",
            ),
            json_option,
            store_option,
        )
    ):
        function = option(function)
    return function


@click.command()
@_server_options
def serve(as_json: bool, **options: Any) -> None:
    """Serve a data directory until SIGTERM, then finish what is in flight.

    With --json one line is printed when requests are served: {"http": …, "https": …, "ca_bundle": …, "pid": …}. The
    same stands in DIR/server.json while the server runs.
    """
    settings = _settings(**options)
    _serve(settings, functools.partial(_say_ready, as_json=as_json))


@click.command()
@_server_options
def up(as_json: bool, data_dir: Path, **options: Any) -> None:
    """Initialize DIR when it is new, then serve it, and say how to use it."""
    from watchword.cli.accounts import EMAIL_DEFAULT, NAME_DEFAULT, make_first_account, show
    from watchword.server.data_directory import is_initialized

    settings = _settings(data_dir, **options)
    if not is_initialized(data_dir):
        made = make_first_account(data_dir, None, NAME_DEFAULT, EMAIL_DEFAULT, root_access_key=False)
        if not as_json:
            show(made, as_json=False)
    _serve(settings, functools.partial(_say_ready if as_json else _teach, as_json=as_json, data_dir=data_dir))


def _settings(
    data_dir: Path,
    http: Address | None,
    https: Address | None,
    hosts: tuple[str, ...],
    workers: int,
    signature_v2: bool,
    insecure_http: bool,
    trusted_proxies: tuple[Network, ...],
    vpc_endpoints: tuple[VpcEndpointSettings, ...],
    keys_to: Path | None,
    keys_from: Path | None,
    metrics_from: tuple[Network, ...],
    stale_max: int,
    store_url: str | None,
) -> Settings:
    if http is None and https is None:
        http, https = parse_address(HTTP_DEFAULT), parse_address(HTTPS_DEFAULT)
    return Settings(
        data_dir,
        http=http,
        https=https,
        hosts=hosts,
        workers=workers,
        signature_v2=signature_v2,
        insecure_http=insecure_http,
        trusted_proxies=trusted_proxies,
        vpc_endpoints=vpc_endpoints,
        keys_to=keys_to,
        keys_from=keys_from,
        metrics_from=metrics_from or LOOPBACK,
        stale_max_seconds=stale_max,
        store_url=store_url,
    )


def _serve(settings: Settings, on_ready: Callable[[dict[str, Any]], None]) -> None:
    from watchword.server import bootstrap, workers
    from watchword.server.system_clock import SystemClock

    clock = SystemClock()
    build = functools.partial(bootstrap.build, clock=clock, random_bytes=os.urandom)
    workers.serve(settings, build, clock, on_ready)


def _say_ready(description: dict[str, Any], *, as_json: bool, data_dir: Path | None = None) -> None:
    if as_json:
        click.echo(json.dumps(description))
        return
    for scheme in ("http", "https"):
        if description[scheme]:
            click.echo(f"serving {click.style(description[scheme], bold=True)}")


def _teach(description: dict[str, Any], *, as_json: bool, data_dir: Path) -> None:
    _say_ready(description, as_json=False)
    if description["ca_bundle"]:
        click.echo(f"CA bundle {description['ca_bundle']}")
    command = _own_command()
    click.echo(
        f"""
In another shell:
  eval "$({command} env --data {data_dir})"
  aws sts get-caller-identity
  aws iam list-users
Or as a profile:
  {command} configure --data {data_dir}
  aws --profile watchword sts get-caller-identity

Ctrl-C stops the server."""
    )


def _own_command() -> str:
    """How a shell finds the program: by name when it is on the PATH, else by its path."""
    return "watchword" if shutil.which("watchword") else os.path.relpath(sys.argv[0])
