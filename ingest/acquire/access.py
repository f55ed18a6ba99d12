"""What goes with a request to certain URLs: headers, credentials, a proxy. The settings only name secrets.

A credential NAME is the file `$CREDENTIALS_DIRECTORY/NAME` (systemd's LoadCredential=), else the
variable `INGEST_CREDENTIAL_NAME` (upper case, `-` as `_`).
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from ingest.errors import ConfigError
from ingest.settings import KIB, AccessSettings, FetchSettings

MAX_CREDENTIAL_BYTES = 64 * KIB

SHORTEST_SECRET = 4  # characters; shorter ones would blot out half of every line

ReadCredential = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Access:
    """What goes with a request. Never shown: `repr` leaves the values out."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: URL | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Rule:
    prefix: URL
    access: Access

    def covers(self, target: URL) -> bool:
        """Same scheme, host and port, and a path below the prefix: credentials go nowhere else."""
        if target.origin() != self.prefix.origin():
            return False
        path, below = self.prefix.raw_path_qs, target.raw_path_qs
        return below == path or below.startswith(path if path.endswith("/") else (f"{path}/", f"{path}?"))


class AccessRules:
    """The rules of `fetch.access` with their secrets read; the longest prefix that covers a URL counts.

    Raises:
        ConfigError: where a credential is missing or malformed; its name is said, never its value.
    """

    def __init__(self, settings: FetchSettings, read: ReadCredential | None = None) -> None:
        read = read or read_credential
        rules = [_Rule(URL(rule.url), _access(rule, settings, read)) for rule in settings.access]
        self._rules: Sequence[_Rule] = sorted(rules, key=lambda rule: len(str(rule.prefix)), reverse=True)
        self._default = _access(AccessSettings(url="http://unused.invalid/"), settings, read)

    def of(self, target: URL) -> Access:
        """What goes with a request to a URL; decided anew on every redirect."""
        return next((rule.access for rule in self._rules if rule.covers(target)), self._default)


def read_credential(name: str) -> str:
    """A secret's value.

    Raises:
        ConfigError: where there is none by this name.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder:
        path = Path(folder) / name
        try:
            with path.open("rb") as file:
                return file.read(MAX_CREDENTIAL_BYTES).decode("utf-8").strip("\r\n")
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"credential {name}: {path} cannot be read: {type(error).__name__}") from error
    variable = "INGEST_CREDENTIAL_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
    value = os.environ.get(variable)
    if value is None:
        raise ConfigError(f"credential {name}: neither $CREDENTIALS_DIRECTORY/{name} nor ${variable} is there")
    return value


def known_secrets(settings: FetchSettings) -> frozenset[str]:
    """The values of all credentials that the settings name, in every form that goes over the wire; for redaction."""
    secrets: set[str] = set()
    names = {settings.proxy_login}
    for rule in settings.access:
        names |= {rule.basic, rule.bearer, rule.cookies, rule.proxy_login, *rule.secret_headers.values()}
    for name in names - {None}:
        try:
            value = read_credential(str(name))
        except ConfigError:
            continue  # the client names it when it starts
        secrets |= {value, base64.b64encode(value.encode()).decode("ascii"), value.partition(":")[2]}
    return frozenset(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)


def _access(rule: AccessSettings, settings: FetchSettings, read: ReadCredential) -> Access:
    headers = dict(rule.headers)
    for header, name in rule.secret_headers.items():
        headers[header] = _secret(name, read)
    if rule.cookies:
        headers["Cookie"] = _secret(rule.cookies, read)
    if rule.bearer:
        headers["Authorization"] = f"Bearer {_secret(rule.bearer, read)}"
    if rule.basic:
        headers["Authorization"] = _basic(rule.basic, read)
    proxy = rule.proxy or settings.proxy
    login = rule.proxy_login or settings.proxy_login
    proxy_headers = {"Proxy-Authorization": _basic(login, read)} if proxy and login else {}
    return Access(headers, URL(proxy) if proxy else None, proxy_headers)


def _secret(name: str, read: ReadCredential) -> str:
    value = read(name)
    if not value or not value.isprintable():
        raise ConfigError(f"credential {name}: is empty, or holds more than one line")
    return value


def _basic(name: str, read: ReadCredential) -> str:
    login = _secret(name, read)
    if ":" not in login:
        raise ConfigError(f"credential {name}: is not of the form user:password")
    return "Basic " + base64.b64encode(login.encode()).decode("ascii")
