"""Keeps this process's memory from other processes of the same user: no core dumps, no /proc/PID/mem, no debugger.

Root may still read it. A front node that was broken into runs as the same user as the node that holds the keys, so
without this it could read them where they are.
Source: prctl(2), PR_SET_DUMPABLE; https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
"""

from __future__ import annotations

import ctypes
import logging
import os

_PR_SET_DUMPABLE = 4

log = logging.getLogger("watchword.server")


def forbid_reading() -> None:
    """Guard this process and those that it forks. Never raises: where the system has no such guard, the log says so."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
            return
        reason = os.strerror(ctypes.get_errno())
    except (OSError, AttributeError) as error:
        reason = str(error)
    log.warning("other processes of this user can read the memory of this one: %s", reason)
