"""Imported first by the fork server that workers are forked from: it outlives a signal to the whole group.

As its workers do: it ends when its pipe to the daemon closes. Were it to die first, every worker would count
as crashed.
"""

from __future__ import annotations

import signal
import sys

if any("multiprocessing.forkserver" in argument for argument in sys.orig_argv):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
