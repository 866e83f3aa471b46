"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from watchword.core.errors import OperatorError

F = TypeVar("F", bound=Callable[..., Any])
DATA_DEFAULT = ".watchword"


def data_option(function: F) -> F:
    """`--data DIR`."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=DATA_DEFAULT,
        show_default=True,
        envvar="WATCHWORD_DATA",
        metavar="DIR",
        help="The data directory. [env: WATCHWORD_DATA]",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(function)


def store_option(function: F) -> F:
    """`--store URL`."""
    return click.option(
        "--store",
        "store_url",
        metavar="URL",
        callback=_check_store,
        envvar="WATCHWORD_STORE",
        help="Where records are kept; SQLite in the data directory when left out.",
    )(function)


def parsed(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """An option's callback that parses its text, or each of its texts, and turns OperatorError into a usage error."""

    def callback(_context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        try:
            if isinstance(value, tuple):
                return tuple(parse(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return None if value is None else parse(value)
        except OperatorError as error:
            raise click.BadParameter(str(error), param=parameter) from None

    return callback


def _check_store(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    from watchword.server.settings import check_store

    try:
        check_store(value)
    except OperatorError as error:
        raise click.BadParameter(str(error), param=parameter) from None
    return value
