"""Writes a database anew, so that nothing is left of what was deleted or replaced: no freed page, no longer log.

Others may use the file meanwhile; writers wait until it is done.
Source: https://sqlite.org/lang_vacuum.html, https://sqlite.org/pragma.html#pragma_wal_checkpoint
"""

from __future__ import annotations

from pathlib import Path

import apsw

from watchword.core.errors import OperatorError, Unavailable
from watchword.storage.sqlite_file import connect
from watchword.storage.sqlite_rows import execute_of

_WAIT_SECONDS = 60.0


def rebuild(path: Path) -> None:
    """Write the database anew and empty its log. Raises OperatorError while somebody reads on and on, Unavailable."""
    try:
        connection = connect(path, writes=True, busy_seconds=_WAIT_SECONDS)
        try:
            execute = execute_of(connection)
            execute("vacuum")
            is_busy, _, _ = execute("pragma wal_checkpoint(truncate)").get
        finally:
            connection.close()
    except apsw.Error as error:
        raise Unavailable(f"`{path}` cannot be written anew: {error}") from error
    if is_busy:
        raise OperatorError("the database is read all the time, so its log cannot be emptied: stop the server first")
