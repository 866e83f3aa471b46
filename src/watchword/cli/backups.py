"""`watchword backup`, `watchword restore` and `watchword scrub`."""

from __future__ import annotations

from pathlib import Path

import click

from watchword.cli.options import data_option, store_option

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@data_option
@click.option("--to", "target", required=True, type=_FOLDER, metavar="FOLDER", help="New or empty.")
@store_option
def backup(data_dir: Path, target: Path, store_url: str | None) -> None:
    """Copy the records and objects of a data directory, while it is served or not.

    The master key is not copied: keep DIR/master.key somewhere else. Who has both has every secret.
    """
    from watchword.server.initialization import back_up
    from watchword.server.system_clock import SystemClock

    manifest = back_up(data_dir, target, SystemClock())
    click.echo(f"copied the records and {manifest.blobs} long objects ({manifest.blobs_bytes} bytes) to {target}")
    click.echo(f"the master key is not among them: keep {data_dir / 'master.key'} somewhere else")


@click.command()
@click.option("--from", "source", required=True, type=_FOLDER, metavar="FOLDER", help="What `backup` wrote.")
@data_option
@click.option(
    "--master-key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The original's master.key; not needed when the environment gives the key.",
)
@store_option
def restore(source: Path, data_dir: Path, master_key: Path | None, store_url: str | None) -> None:
    """Make a new data directory from a backup. Clients must trust its new CA."""
    from watchword.server.initialization import restore as restore_directory
    from watchword.server.system_clock import SystemClock

    manifest = restore_directory(source, data_dir, master_key, SystemClock())
    click.echo(f"restored the records and {manifest.blobs} long objects of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"next: watchword serve --data {data_dir}")


@click.command()
@data_option
@store_option
def scrub(data_dir: Path, store_url: str | None) -> None:
    """Read the bytes of every S3 object and name those that are damaged, while they are served or not.

    Exit code 1 when there are any. Nothing is changed.
    """
    from watchword.server.bootstrap import open_store
    from watchword.server.data_directory import require_initialized
    from watchword.server.initialization import OBJECTS
    from watchword.storage.scrub import Damage
    from watchword.storage.scrub import scrub as scrub_objects

    def tell(damage: Damage) -> None:
        click.echo(f"damaged: {damage.where}: {damage.what} (blob {damage.blob})")

    require_initialized(data_dir)
    store = open_store(data_dir)
    try:
        report = scrub_objects(store, data_dir / OBJECTS, tell)
    finally:
        store.close()
    click.echo(f"{report.bodies} bodies ({report.bodies_bytes} bytes) read, {report.damaged} damaged")
    if report.unnamed:
        click.echo(f"{report.unnamed} files belong to no object; the next start of the server removes them")
    if report.damaged:
        raise SystemExit(1)
