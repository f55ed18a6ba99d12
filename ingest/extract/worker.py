"""What runs inside a worker process around a task: signals, the memory limit, the last-resort alarm."""

from __future__ import annotations

import math
import os
import pickle
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import ExtractError
from ingest.model import Outcome

# After the pool's own deadline: takes effect only when the pool's process is gone (kill -9) and cannot kill.
ALARM_GRACE_S = 10
# Below the process that feeds them: it does little for each of their tasks, and all of them wait for it.
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """An ExtractError on its way out of the worker (exceptions with two arguments do not survive pickling)."""

    outcome: Outcome
    message: str
    wanted: tuple[str, ...]
    teaser: str


def prepare_worker() -> None:
    """Put a new worker behind its parent, deaf to the signals of its group: the pool alone ends it, with SIGKILL.

    Ctrl-C and systemd's SIGTERM reach the whole group at once; the daemon then finishes what is in work.
    """
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def run_task(function: Callable[..., Any], args: tuple[Any, ...], deadline: float, memory: int) -> Any:
    """Run one task under its limits.

    Args:
        function: what to run.
        args: its arguments.
        deadline: seconds after which the pool kills this process.
        memory: bytes of address space the task may take beyond what the process has at its start.

    Returns:
        the function's result, or a `Refusal` where it raised an ExtractError.
    """
    signal.alarm(math.ceil(deadline) + ALARM_GRACE_S)
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    # Only while the task runs: the pool's own pipes must not meet the limit half-way through a message.
    resource.setrlimit(resource.RLIMIT_AS, (_within(_address_space() + memory, unlimited[1]), unlimited[1]))
    try:
        return function(*args)
    except ExtractError as error:
        return Refusal(error.outcome, str(error), error.wanted, error.teaser)
    except Exception as error:  # the border of one worker: passed on, if it can be
        raise _portable(error) from None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, unlimited)
        signal.alarm(0)


def _portable(error: Exception) -> Exception:
    """The error, or its description where it does not survive the way to the pool (which would break it)."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # whatever an exception's own pickling raises
        return RuntimeError(repr(error))
    return error


def _within(wanted: int, hard: int) -> int:
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _address_space() -> int:
    """Bytes of address space of this process (proc(5), /proc/self/statm, first field in pages)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
