"""The settings as frozen values: one model a section, every default and bound in one place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingest.urls import is_web_url, parts_of

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
MAX_SECONDS = 100 * 365 * 86_400  # what is added to or taken from any date of our time and leaves a date
MAX_BYTES = 2**60  # an exbibyte: more than any disk, and a whole number for SQLite
_BYTES = {"b": 1, "kib": KIB, "mib": MIB, "gib": GIB, "kb": 1000, "mb": 1000**2, "gb": 1000**3}


def _quantity(value: Any, units: Mapping[str, float], example: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a quantity; write it like {example}")
    if isinstance(value, int | float):
        return _finite(value, 1)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", value)
    if match is None or match[2].lower() not in units:
        raise ValueError(
            f"{value!r} is not a quantity with one of the units {', '.join(units)}; write it like {example}"
        )
    return _finite(float(match[1]), units[match[2].lower()])


def _finite(value: float, unit: float) -> float:
    try:
        amount = float(value) * unit
    except OverflowError:  # a whole number beyond what a float holds
        amount = math.inf
    if not math.isfinite(amount):
        raise ValueError("no finite quantity; write a smaller number")
    return amount


def parse_duration(value: Any) -> float:
    """Seconds from a number of seconds or text like "90s", "15m", "24h", "7d"."""
    seconds = _quantity(value, _SECONDS, '"15m"')
    if seconds > MAX_SECONDS:
        raise ValueError("longer than 100 years; write a smaller number")
    return seconds


def parse_size(value: Any) -> int:
    """Bytes from a number of bytes or text like "10MiB"."""
    size = int(_quantity(value, _BYTES, '"10MiB"'))
    if size > MAX_BYTES:
        raise ValueError("more than any disk holds; write a smaller number")
    return size


def _parse_network(value: Any) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if not isinstance(value, str):
        raise ValueError('not a network; write it like "192.168.1.0/24"')
    return ip_network(value)


def _check_url(value: Any) -> str:
    if not isinstance(value, str) or not is_web_url(value):
        raise ValueError(f"{value!r} is not an absolute http(s) URL")
    if "@" in parts_of(value).netloc:
        raise ValueError("the URL holds a user name or password; name a credential in fetch.access instead")
    return value


def _check_listen(value: str | None) -> str | None:
    if value is None or re.fullmatch(r"unix:/.+|\[[0-9A-Fa-f:.]+\]:\d{1,5}|[\w.-]+:\d{1,5}", value):
        return value
    raise ValueError('not an address to listen on; write it like "127.0.0.1:8125" or "unix:/run/ingest/health.sock"')


ListenAddress = Annotated[str, AfterValidator(_check_listen)]
Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0, allow_inf_nan=False)]
Pause = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, allow_inf_nan=False)]
Bytes = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_parse_network)]
WebUrl = Annotated[str, BeforeValidator(_check_url)]
CredentialName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,255}$")]  # what systemd allows
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]  # RFC 9110 §5.6.2
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e\t]*$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A group of settings: frozen, strict, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedSettings(Section):
    """One feed of the `feeds` list; a bare URL means all defaults."""

    url: WebUrl
    title: str | None = None
    tags: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_bare_url(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class AccessSettings(Section):
    """What goes with requests to URLs that begin with `url`. Secrets stand as names of credentials."""

    url: WebUrl
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict)
    secret_headers: Mapping[HeaderName, CredentialName] = Field(default_factory=dict)
    basic: CredentialName | None = None
    bearer: CredentialName | None = None
    cookies: CredentialName | None = None
    proxy: WebUrl | None = None
    proxy_login: CredentialName | None = None

    @model_validator(mode="after")
    def _one_authorization(self) -> AccessSettings:
        if self.basic and self.bearer:
            raise ValueError("basic and bearer exclude each other")
        return self


class FetchSettings(Section):
    """How feeds and pages are fetched."""

    contact: str = "https://example.invalid/set-fetch.contact-in-config.yaml"
    timeout: Seconds = 60
    connect_timeout: Seconds = 10
    read_timeout: Seconds = 20
    max_feed_bytes: Bytes = 20 * MIB
    max_page_bytes: Bytes = 10 * MIB
    max_redirects: int = Field(strict=True, default=8, ge=0, le=30)
    connections: int = Field(strict=True, default=64, ge=1, le=4096)
    per_host: int = Field(strict=True, default=2, ge=1, le=64)
    host_interval: Pause = 1
    allow_networks: tuple[Network, ...] = ()
    robots: bool = True
    max_crawl_delay: Seconds = 30
    noarchive: Literal["skip", "store"] = "skip"
    proxy: WebUrl | None = None
    proxy_login: CredentialName | None = None
    access: tuple[AccessSettings, ...] = ()


class PollSettings(Section):
    """How often feeds are polled."""

    interval: Seconds = 1800
    min_interval: Seconds = 300
    max_interval: Seconds = 86_400
    max_entries: int = Field(strict=True, default=2000, ge=1, le=10_000)
    hourly_entries: int = Field(strict=True, default=10_000, ge=1)
    hourly_bytes: Bytes = 256 * MIB
    max_pending: int = Field(strict=True, default=20_000, ge=1)
    overlap: Share = 0.8
    patience: float = Field(default=1.0, gt=0, le=100)
    full_fetch: Seconds = 86_400
    lists: tuple[WebUrl, ...] = ()
    lists_interval: Seconds = 3600
    park_errors: int = Field(strict=True, default=10, ge=1)
    park_after: Seconds = 14 * 86_400
    parked_interval: Seconds = 30 * 86_400

    @model_validator(mode="after")
    def _bounds_in_order(self) -> PollSettings:
        if not self.min_interval <= self.interval <= self.max_interval:
            raise ValueError("min_interval ≤ interval ≤ max_interval does not hold")
        return self


class WebSubSettings(Section):
    """The callback by which WebSub hubs push what is new; off without a public URL for it."""

    callback: WebUrl | None = None
    listen: ListenAddress = "127.0.0.1:8788"
    lease: Seconds = 7 * 86_400
    plain_hubs: bool = False


class ExtractSettings(Section):
    """How pages become texts."""

    workers: int = Field(strict=True, default=0, ge=0, le=256)  # 0: one a core
    deadline: Seconds = 20
    memory: Bytes = GIB  # what one page may take on top of its worker's own
    tasks_per_worker: int = Field(strict=True, default=2000, ge=1)  # then a fresh process takes its place
    min_words: int = Field(strict=True, default=40, ge=1)


class PagesSettings(Section):
    """Raw pages kept, so that `ingest reextract` can improve old texts without the network."""

    keep: Literal["off", "database", "folder"] = "off"
    folder: Path = Path("pages")
    budget: Annotated[int, BeforeValidator(parse_size), Field(ge=0)] = 2 * GIB  # 0: no limit
    max_age: Pause = 90 * 86_400  # 0: no limit

    def folder_beside(self, database: Path) -> Path | None:
        """Where bodies are kept as files; None where they stand in the database."""
        return database.absolute().parent / self.folder if self.keep == "folder" else None


class DedupSettings(Section):
    """What counts as a copy."""

    window: Annotated[float, BeforeValidator(parse_duration), Field(ge=0)] = 0  # 0: no window
    model: Path | None = None  # a scorecard of one's own; None: the shipped one


class ServiceSettings(Section):
    """The daemon's rhythm."""

    tick: Seconds = 2
    maintenance: Seconds = 3600
    attempts: int = Field(strict=True, default=5, ge=1)
    retry_delay: Seconds = 900
    keep_polls: Seconds = 30 * 86_400
    stop_deadline: Seconds = 6  # closing workers and database takes up to 4 s more: 10 s in all
    listen: Annotated[str | None, AfterValidator(_check_listen)] = None


class RetentionSettings(Section):
    """What is taken out again, by age and by size; what is gone never returns."""

    max_age: Pause = 0  # 0: no limit
    max_size: Annotated[int, BeforeValidator(parse_size), Field(ge=0)] = 0  # 0: no limit


class Settings(Section):
    """All of config.yaml."""

    database: Path = Path("ingest.db")
    feeds: tuple[FeedSettings, ...] = ()
    opml: Path | None = None
    fetch: FetchSettings = FetchSettings()
    poll: PollSettings = PollSettings()
    websub: WebSubSettings = WebSubSettings()
    extract: ExtractSettings = ExtractSettings()
    pages: PagesSettings = PagesSettings()
    dedup: DedupSettings = DedupSettings()
    service: ServiceSettings = ServiceSettings()
    retention: RetentionSettings = RetentionSettings()
