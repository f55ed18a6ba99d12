"""Imported first by the fork server that workers are forked from: it outlives a signal to the whole group.

As its workers do: it ends when its pipe to the daemon closes. Were it to die first, every worker would count
as crashed.
"""

from __future__ import annotations

import signal
import sys
import traceback
from multiprocessing import synchronize
from types import TracebackType


def unless_deserted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report what kept a worker from starting, unless the program that wanted it has ended meanwhile.

    A program takes its semaphores along, which a worker looks for while it unpacks itself: nobody waits for it then.
    """
    frames = traceback.extract_tb(trace)
    deserted = isinstance(error, FileNotFoundError) and frames and frames[-1].filename == synchronize.__file__
    if not deserted:
        sys.__excepthook__(kind, error, trace)


if any("multiprocessing.forkserver" in argument for argument in sys.orig_argv):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.excepthook = unless_deserted
