"""`watchword init`, `watchword accounts create` and `watchword accounts s3-defaults`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchword.cli.options import data_option, json_option, store_option

if TYPE_CHECKING:
    from watchword.server.bootstrap import Initialized

EMAIL_DEFAULT = "root@watchword.localhost"
NAME_DEFAULT = "main"


@click.command()
@data_option
@click.option("--account-id", metavar="12DIGITS", help="The account's id; random when left out.")
@click.option("--account-name", default=NAME_DEFAULT, show_default=True, metavar="NAME")
@click.option("--email", default=EMAIL_DEFAULT, show_default=True, metavar="ADDRESS", help="Of the root user.")
@click.option("--root-access-key", is_flag=True, help="Make an access key for the root user, too.")
@json_option
@store_option
def init(
    data_dir: Path,
    account_id: str | None,
    account_name: str,
    email: str,
    root_access_key: bool,
    as_json: bool,
    store_url: str | None,
) -> None:
    """Make a data directory with a first account.

    The account has its root user, and an IAM user `administrator` with AdministratorAccess and an access key, which is
    also written to DIR/credentials. The root password and the secrets are shown once.
    """
    made = make_first_account(data_dir, account_id, account_name, email, root_access_key)
    show(made, as_json=as_json)
    if not as_json:
        click.echo(f"\nnext: watchword serve --data {data_dir}")


@click.group()
def accounts() -> None:
    """Accounts outside any organization."""


@accounts.command()
@data_option
@click.option("--name", required=True, metavar="NAME")
@click.option("--email", required=True, metavar="ADDRESS", help="Of the root user; unique.")
@click.option("--account-id", metavar="12DIGITS", help="The account's id; random when left out.")
@click.option("--root-access-key", is_flag=True, help="Make an access key for the root user, too.")
@json_option
@store_option
def create(
    data_dir: Path,
    name: str,
    email: str,
    account_id: str | None,
    root_access_key: bool,
    as_json: bool,
    store_url: str | None,
) -> None:
    """Make a further account, with the same users as the first. A running server knows it at once."""
    from watchword.server.bootstrap import create_account
    from watchword.server.data_directory import require_initialized
    from watchword.server.settings import REGION_DEFAULT
    from watchword.server.system_clock import SystemClock

    require_initialized(data_dir)
    made = create_account(
        data_dir,
        name=name,
        email=email,
        account_id=account_id,
        region=REGION_DEFAULT,
        with_root_key=root_access_key,
        clock=SystemClock(),
        random_bytes=os.urandom,
    )
    show(made, as_json=as_json)


@accounts.command("s3-defaults")
@data_option
@click.option("--account-id", required=True, metavar="12DIGITS")
@click.option("--old/--present", required=True, help="As before April 2023, or as AWS makes buckets today.")
@store_option
def s3_defaults(data_dir: Path, account_id: str, old: bool, store_url: str | None) -> None:
    """Say how the new S3 buckets of an account are made, and how S3 shows it.

    Today's have no ACLs and Block Public Access on; the old ones have ACLs and nothing blocked. An account with the old
    defaults is also shown by its name (DisplayName), as S3 did until November 2025, and groups come first in its ACLs.
    """
    from watchword.server.data_directory import require_initialized
    from watchword.server.s3_defaults import set_s3_defaults

    require_initialized(data_dir)
    set_s3_defaults(data_dir, account_id, old=old)
    click.echo(f"new buckets of {account_id}: {'ACLs, nothing blocked' if old else 'no ACLs, the public blocked'}")


def make_first_account(
    data_dir: Path, account_id: str | None, account_name: str, email: str, root_access_key: bool
) -> Initialized:
    """What `init` does. Raises OperatorError."""
    from watchword.server.initialization import initialize
    from watchword.server.system_clock import SystemClock

    return initialize(
        data_dir,
        name=account_name,
        email=email,
        account_id=account_id,
        with_root_key=root_access_key,
        clock=SystemClock(),
        random_bytes=os.urandom,
    )


def show(made: Initialized, *, as_json: bool) -> None:
    """Print a new account, secrets included: the one time that they are shown."""
    fields = {
        "account_id": made.account_id,
        "root_email": made.root_email,
        "root_password": made.root_password.reveal(),
        "access_key_id": made.access_key_id,
        "secret_access_key": made.secret_access_key.reveal(),
        "region": made.region,
    }
    if made.root_access_key_id is not None and made.root_secret_access_key is not None:
        fields["root_access_key_id"] = made.root_access_key_id
        fields["root_secret_access_key"] = made.root_secret_access_key.reveal()
    if as_json:
        click.echo(json.dumps(fields))
        return
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        click.echo(f"{click.style(name.replace('_', ' ').ljust(width), dim=True)}  {value}")
