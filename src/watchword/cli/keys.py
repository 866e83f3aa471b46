"""`watchword keys`: what the master keys seal, and their rotation."""

from __future__ import annotations

import json
from pathlib import Path

import click

from watchword.cli.options import data_option, json_option, store_option


@click.group()
def keys() -> None:
    """The master keys that seal every secret: which there are, and their rotation."""


@keys.command("list")
@data_option
@json_option
@store_option
def list_keys(data_dir: Path, as_json: bool, store_url: str | None) -> None:
    """Name the master keys, and how many secrets each of them seals. No key is shown."""
    from watchword.server.key_rotation import state

    found = state(data_dir)
    if as_json:
        described = {
            "keys": [
                {"number": number, "secrets": count, "seals": number == found.newest}
                for number, count in found.secrets.items()
            ],
            "source": found.source or str(data_dir / "master.key"),
            "older_needed_until": found.dropped_from and found.dropped_from.isoformat(),
        }
        click.echo(json.dumps(described))
        return
    for number, count in found.secrets.items():
        use = "seals what is new" if number == found.newest else "opens"
        click.echo(f"key {number}  {use}, {count} secrets at rest")
    if found.dropped_from is not None:
        click.echo(
            f"older keys open sessions until {found.dropped_from:%Y-%m-%d %H:%M} UTC: then `watchword keys drop`"
        )


@keys.command()
@data_option
@store_option
def rotate(data_dir: Path, store_url: str | None) -> None:
    """Add a master key and seal every secret under it. Run it again when it was interrupted.

    A server that runs goes on; it must be started again once, when this says so, to read the new key.
    """
    import os

    from watchword.server.key_rotation import rotate as rotate_keys
    from watchword.server.key_rotation import state
    from watchword.server.system_clock import SystemClock

    count = rotate_keys(data_dir, SystemClock(), os.urandom)
    found = state(data_dir)
    click.echo(f"{count} secrets are sealed under master key {found.newest}")
    click.echo(f"keep a new copy of {found.source or data_dir / 'master.key'} apart from your backups")
    if found.dropped_from is not None:
        click.echo(
            f"from {found.dropped_from:%Y-%m-%d %H:%M} UTC on, when older sessions are over: watchword keys drop"
        )


@keys.command()
@data_option
@click.option("--end-sessions", is_flag=True, help="Do not wait: sessions made under older keys end.")
@store_option
def drop(data_dir: Path, end_sessions: bool, store_url: str | None) -> None:
    """Forget the older master keys, and write the database anew without what they sealed.

    Writes wait until the database is written, or for ten seconds. Backups from before need the older keys: keep those
    with them.
    """
    from watchword.server.key_rotation import drop as drop_keys
    from watchword.server.key_rotation import state
    from watchword.server.system_clock import SystemClock

    dropped = drop_keys(data_dir, SystemClock(), ends_sessions=end_sessions)
    source = state(data_dir).source
    if not dropped:
        click.echo("there is one master key; the database was written anew")
        return
    names = ", ".join(map(str, dropped))
    if source:
        click.echo(f"nothing needs the master keys {names} any more: take their lines out of what {source} gives")
    else:
        click.echo(f"the master keys {names} are gone from {data_dir / 'master.key'}")
    click.echo("a server that runs knows them until it is started again")
