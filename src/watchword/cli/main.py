"""The command's entry: finds the subcommand, runs it, turns operators' errors into one line and an exit code.

Exit codes: 0 done; 1 it failed, and the line says what to change; 2 it was not understood. A traceback is a bug.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from watchword import __version__
from watchword.core.errors import OperatorError, Unavailable

_COMMANDS = {
    "init": "watchword.cli.accounts:init",
    "accounts": "watchword.cli.accounts:accounts",
    "serve": "watchword.cli.serve:serve",
    "up": "watchword.cli.serve:up",
    "env": "watchword.cli.clients:env",
    "configure": "watchword.cli.clients:configure",
    "explain": "watchword.cli.explain:explain",
    "sign": "watchword.cli.sign:sign",
    "backup": "watchword.cli.backups:backup",
    "restore": "watchword.cli.backups:restore",
    "scrub": "watchword.cli.backups:scrub",
    "keys": "watchword.cli.keys:keys",
}
"""In the order in which somebody meets them."""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        return getattr(importlib.import_module(module), name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="watchword")
def watchword() -> None:
    """AWS-compatible identity and access that you run yourself.

    \b
    The short way:
      watchword up                    start, with everything in ./.watchword
      eval "$(watchword env)"         point AWS clients of this shell at it
      aws sts get-caller-identity

    \b
    Step by step:
      watchword init --data DIR       make a data directory with a first account
      watchword serve --data DIR      serve it
    """  # noqa: D301 - click reads the backspace


def main() -> Any:
    """Run the command and exit."""
    try:
        watchword.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except (OperatorError, Unavailable) as error:
        click.echo(f"watchword: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        click.echo(
            f"watchword: {error.strerror}: `{error.filename}`" if error.filename else f"watchword: {error}", err=True
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
