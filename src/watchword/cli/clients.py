"""`watchword env` and `watchword configure`: how AWS clients find the server."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from watchword.cli.options import data_option, json_option, store_option


@click.command()
@data_option
@json_option
@store_option
def env(data_dir: Path, as_json: bool, store_url: str | None) -> None:
    """Print what AWS clients need, as shell exports.

    \b
      eval "$(watchword env --data DIR)"
    """  # noqa: D301 - click reads the backspace
    variables = client_variables(data_dir)
    if as_json:
        click.echo(json.dumps(variables))
        return
    click.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.command()
@data_option
@click.option("--profile", default="watchword", show_default=True, metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def configure(data_dir: Path, profile: str, yes: bool, store_url: str | None) -> None:
    """Write a profile into ~/.aws, next to those that are there."""
    variables = client_variables(data_dir)
    config = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    credentials = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()
    if not yes:
        click.confirm(f"write the profile `{profile}` into {config} and {credentials}?", abort=True)
    pages = variables["AWS_ENDPOINT_URL_SIGNIN"]
    settings = [
        f"region = {variables['AWS_REGION']}",
        f"endpoint_url = {variables['AWS_ENDPOINT_URL']}",
        f"services = {profile}",
    ]
    if "AWS_CA_BUNDLE" in variables:
        settings.append(f"ca_bundle = {variables['AWS_CA_BUNDLE']}")
    header = "default" if profile == "default" else f"profile {profile}"
    services = [line for name in ("signin", "sso_oidc") for line in (f"{name} =", f"  endpoint_url = {pages}")]
    keys = [
        f"aws_access_key_id = {variables['AWS_ACCESS_KEY_ID']}",
        f"aws_secret_access_key = {variables['AWS_SECRET_ACCESS_KEY']}",
    ]
    _change(config, {header: settings, f"services {profile}": services})
    _change(credentials, {profile: keys})
    click.echo(f"written; try: aws --profile {profile} sts get-caller-identity")


def client_variables(data_dir: Path) -> dict[str, str]:
    """The environment that points AWS clients at the running server. Raises OperatorError.

    Pages and passkeys need a host name, so sign-in and device authorization go to `localhost`.
    """
    from watchword.server.data_directory import read_credentials, read_server_json

    access_key_id, secret_access_key, region = read_credentials(data_dir)
    server = read_server_json(data_dir)
    endpoint = str(server["http"] or server["https"])
    parts = urlsplit(endpoint)
    pages = f"{parts.scheme}://localhost:{parts.port}"
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_SIGNIN": pages,
        "AWS_ENDPOINT_URL_SSO_OIDC": pages,
    }
    if server["ca_bundle"]:
        variables["AWS_CA_BUNDLE"] = variables["NODE_EXTRA_CA_CERTS"] = str(server["ca_bundle"])
    return variables | {
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def with_sections(text: str, sections: Mapping[str, Sequence[str]]) -> str:
    """An INI text in which these sections, and no others, read as given. Comments and order of the rest stay."""
    kept: list[str] = []
    replaced = False
    for line in text.splitlines():
        if line.startswith("["):
            replaced = line.strip("[] \t") in sections
        if not replaced:
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    for header, lines in sections.items():
        kept += [""] if kept else []
        kept += [f"[{header}]", *lines]
    return "\n".join(kept) + "\n"


def _change(path: Path, sections: Mapping[str, Sequence[str]]) -> None:
    from watchword.server.data_directory import write_private

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = path.read_text() if path.exists() else ""
    write_private(path.resolve(), with_sections(text, sections))
