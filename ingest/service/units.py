"""The shipped systemd units, made to fit one machine: its program, settings, credentials and networks.

Reads templates and says what to write; writing and running is the caller's.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import ingest
from ingest.errors import ConfigError
from ingest.settings import FetchSettings

# What the shipped units name; the only strings that are replaced.
PROGRAM = "/usr/local/bin/ingest"
CONFIG = "/etc/ingest/config.yaml"
DATABASE = "/var/lib/ingest/ingest.db"
STATE = "/var/lib/ingest"
CREDENTIALS = Path("/etc/ingest/credentials")

UNITS = (
    "ingest.service",
    "ingest-backup.service",
    "ingest-backup.timer",
    "ingest-maintenance.service",
    "ingest-maintenance.timer",
)
SYSUSERS = "ingest.sysusers.conf"
TMPFILES = "ingest.tmpfiles.conf"

# Networks that the daemon's unit denies (IPAddressDeny=); a resolver in one of them must be let through.
DENIED = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
# ProtectHome= hides these from the service.
HOMES = ("/home", "/root", "/run/user")
# PrivateTmp= gives the service its own, empty ones.
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - named, not used


@dataclass(frozen=True, slots=True)
class Machine:
    """What the units are to fit.

    Attributes:
        program: absolute path of the command, without links that may go.
        config, db: absolute paths.
        credentials: names of the credentials that the settings use.
        allowed: addresses and networks that the daemon may reach though they are private.
    """

    program: Path
    config: Path
    db: Path
    credentials: Sequence[str] = ()
    allowed: Sequence[str] = ()


def shipped_folder() -> Path:
    """Where the shipped units lie: in the checkout, or where the wheel has put them.

    Raises:
        ConfigError: when they are in neither place.
    """
    places = (Path(ingest.__file__).resolve().parent.parent / "systemd", Path(sys.prefix) / "share/ingest/systemd")
    for place in places:
        if (place / UNITS[0]).is_file():
            return place
    raise ConfigError(f"the systemd units are neither at {places[0]} nor at {places[1]}; reinstall ingest")


def fitted(shipped: Mapping[str, str], machine: Machine) -> dict[str, str]:
    """The units for a machine, by file name.

    Raises:
        ConfigError: when the service could not run them: a program or a database that it cannot see.
    """
    for what, path in (("program", machine.program), ("settings file", machine.config), ("database", machine.db)):
        _check(what, path)
    return {name: _fit(name, text, machine) for name, text in shipped.items()}


def hidden(machine: Machine) -> list[str]:
    """Warnings on what lies in a folder for temporary files, where the service cannot see it."""
    named = (("program", machine.program), ("settings file", machine.config), ("database", machine.db))
    return [
        f"{path}: the service cannot see the {what} there (PrivateTmp=yes); put it elsewhere"
        for what, path in named
        if _lies_in(TEMPORARY, path)
    ]


def credentials_of(fetch: FetchSettings) -> list[str]:
    """The names of all credentials that the settings use, sorted."""
    names = {fetch.proxy_login}
    for rule in fetch.access:
        names |= {rule.basic, rule.bearer, rule.cookies, rule.proxy_login, *rule.secret_headers.values()}
    return sorted(name for name in names if name)


def private_resolvers(resolv_conf: str) -> list[str]:
    """The name servers of a resolv.conf(5) that the daemon's unit would not let it reach."""
    found = []
    for match in re.finditer(r"^\s*nameserver\s+(\S+)", resolv_conf, re.MULTILINE):
        try:
            address = ip_address(match[1].partition("%")[0])
        except ValueError:
            continue
        if any(address in network for network in DENIED):
            found.append(str(address))
    return found


def commands(folder: Path, sysusers: Path, tmpfiles: Path, machine: Machine) -> list[str]:
    """What to run after the files are written, in this order."""
    steps = [f"systemd-sysusers {_quoted(sysusers)}", f"systemd-tmpfiles --create {_quoted(tmpfiles)}"]
    if not machine.config.exists():
        steps.append(f"install -m 0644 config.yaml {_quoted(machine.config)}   # yours, or the one shipped")
    steps += [
        f"install -m 0400 /dev/stdin {_quoted(CREDENTIALS / name)}   # type the secret, then Ctrl-D"
        for name in machine.credentials
    ]
    if folder != Path("/etc/systemd/system"):
        steps.append(f"systemctl link {' '.join(_quoted(folder / name) for name in UNITS)}")
    return [
        *steps,
        "systemctl daemon-reload",
        "systemctl enable --now ingest.service ingest-backup.timer ingest-maintenance.timer",
        "systemctl status ingest.service; journalctl -u ingest.service -f",
    ]


def _check(what: str, path: Path) -> None:
    if not path.is_absolute():
        raise ConfigError(f"{path}: the {what} must be named by its absolute path")
    if any(char in str(path) for char in " \t\n\"'\\%$"):
        raise ConfigError(f"{path}: systemd would read this path of the {what} as something else; choose a plainer one")
    if _lies_in(HOMES, path):
        raise ConfigError(
            f"{path}: the service cannot see the {what} there (ProtectHome=yes); "
            "put it elsewhere: the program for example by `python3 -m venv /opt/ingest`"
        )


def _lies_in(folders: Iterable[str], path: Path) -> bool:
    """Whether a path, or what its links lead to, is in one of some folders."""
    return any(place.is_relative_to(folder) for place in (path, path.resolve()) for folder in folders)


def _fit(name: str, text: str, machine: Machine) -> str:
    text = text.replace(PROGRAM, str(machine.program)).replace(CONFIG, str(machine.config))
    text = text.replace(DATABASE, str(machine.db))
    if not name.endswith(".service"):
        return text
    if not machine.db.is_relative_to(STATE):
        # ProtectSystem=strict: nothing outside the service's own folders can be written.
        text = text.replace(f"WorkingDirectory={STATE}\n", f"ReadWritePaths={machine.db.parent}\nWorkingDirectory=/\n")
    if name == UNITS[0]:
        text = _after(text, "# LoadCredential=", [f"LoadCredential={c}:{CREDENTIALS / c}" for c in machine.credentials])
        text = _after(
            text, "IPAddressDeny=", [f"IPAddressAllow={' '.join(machine.allowed)}"] if machine.allowed else []
        )
    return text


def _after(text: str, beginning: str, lines: Iterable[str]) -> str:
    """Lines put in after the one that begins like this."""
    added = "".join(f"{line}\n" for line in lines)
    return re.sub(rf"(?m)^{re.escape(beginning)}.*\n", lambda match: match[0] + added, text, count=1)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
