"""Imported by the fork server before any worker is made: libraries and models that every page needs."""

from __future__ import annotations

import signal
import sys

import py3langid

import ingest.extract.page  # noqa: F401

# The fork server outlives a signal to the whole group, as its workers do: it ends when its pipe to the
# daemon closes. Were it to die first, every worker would count as crashed.
if any("multiprocessing.forkserver" in argument for argument in sys.orig_argv):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

py3langid.classify("The model is loaded at its first use; this is it.")
