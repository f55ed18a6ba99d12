"""The limit of open files: raised at the start as far as it may be, and compared with what the settings need."""

from __future__ import annotations

import resource

from ingest.acquire.websub import LIMITS as WEBSUB
from ingest.service.health import LIMITS as HEALTH
from ingest.settings import Settings

MOST = 65_536  # more than the largest fetch.connections needs; what is raised without bound hides a leak
PER_CONNECTION = 4  # its socket, a second one while two addresses race, and those kept open for the next request
ADVICE = "raise LimitNOFILE= of the unit (the hard limit of `ulimit -n` in a shell), or lower fetch.connections"
OWN = 128  # database, worker processes, name look-ups, event loop, libraries


def raise_limit() -> int:
    """Raise the soft limit towards the hard one; the limit that holds now.

    Safe here: soft limits are low for the sake of select(2), which nothing in this process uses (asyncio has epoll).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS refuses what is over its own maximum
        return soft
    return wanted


def needed(settings: Settings) -> int:
    """Open files that the daemon may come to need under these settings."""
    ports = HEALTH.connections * bool(settings.service.listen) + WEBSUB.connections * bool(settings.websub.callback)
    return settings.fetch.connections * PER_CONNECTION + ports + OWN
