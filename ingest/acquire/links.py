"""One page, one URL: tracking parameters, AMP variants and redirectors taken off a link. Pure; no network.

Mobile hosts and shorteners cannot be resolved by looking: there the page's own canonical link and the
redirect decide, after fetching.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from courlan.clean import clean_query

from ingest.urls import is_web_url

# Parameters that say how a reader came, of publishers and ad systems that courlan does not know.
_MORE_TRACKERS = re.compile(
    r"^(?:cmp|cmpid|cmpd|ocid|smid|smtyp|ito|ftag|ftcamp|ncid|intcid|icid|taid|igsh|wt_mc|wt_zmc|spm|sref|yptr|guccounter"
    r"|guce_.*|__twitter_impression|ns_.*|at_.*|traffic_source|srnd|embedded-checkout|sh|emc|rss_id|fromrss|feedid"
    r"|feature=youtu\.be|share_token|hss_channel|__source|mbid|mod=rss.*|ref=rss.*|partner=.*|rss=(?:1|yes|true|y)?"
    r"|feedtype=.*|utm.*|amp_.*|usqp)$",
    re.IGNORECASE,
)
# courlan counts these as trackers; with a number for a value they are often the article's own id.
_AMBIGUOUS = re.compile(r"^(?:cid|eid|uid|clid|source|session|keyword|ref)=\d+$", re.IGNORECASE)
_AMP_PARAMETERS = re.compile(r"^(?:amp(?:=(?:1|true|yes|))?|outputtype=amp|_amp=(?:1|true))$", re.IGNORECASE)
_AMP_TAIL = re.compile(r"(?<=[^/])/amp(?:/|\.html?)?$", re.IGNORECASE)
_AMP_CACHE = re.compile(r"^/(?:[a-z]/)?(?:s/)?(?=[^/]+\.[^/]+/)", re.IGNORECASE)

# Hosts whose links carry their target in the query; parameter names in the order of trust.
_REDIRECTORS = {
    "google.com": ("url", "q"),
    "news.google.com": ("url",),
    "bing.com": ("url",),
    "l.facebook.com": ("u",),
    "lm.facebook.com": ("u",),
    "t.umblr.com": ("z",),
    "out.reddit.com": ("url",),
    "l.instagram.com": ("u",),
    "slack-redir.net": ("url",),
    "steamcommunity.com": ("url",),
    "youtube.com": ("q",),
    "away.vk.com": ("to",),
    "go.redirectingat.com": ("url",),
    "click.linksynergy.com": ("murl",),
}
_REDIRECT_PATHS = re.compile(
    r"^/(?:url|l\.php|news/apiclick\.aspx|redirect|link|linkfilter/?|away\.php|ng/.*|deeplink|)$"
)
MAX_WRAPPERS = 3


@lru_cache(maxsize=16_384)
def tidy(url: str) -> str:
    """The URL under which a link's page is known; the link itself where nothing can be said.

    What is left of the query keeps its order and spelling: some servers are particular.
    """
    current = url
    for _ in range(MAX_WRAPPERS):
        inner = _unwrapped(current)
        if inner is None or not is_web_url(inner):
            break
        current = inner
    if not is_web_url(current):
        return url
    parts = urlsplit(current)
    query = "&".join(piece for piece in parts.query.split("&") if piece and not _is_noise(piece))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # `#!` names a page of its own
    path = _AMP_TAIL.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme.lower(), _host(parts), path, query, fragment))


def _host(parts: SplitResult) -> str:
    host = parts.netloc.lower() if "@" not in parts.netloc else parts.netloc
    default = ":443" if parts.scheme.lower() == "https" else ":80"
    return host.removesuffix(default)


def _is_noise(piece: str) -> bool:
    name = piece.partition("=")[0]
    if _AMP_PARAMETERS.match(piece):
        return True
    if _AMBIGUOUS.match(piece):
        return False
    if _MORE_TRACKERS.match(name) or _MORE_TRACKERS.match(piece):
        return True
    return not clean_query(f"{unquote(name)}=1") if name else True


def _unwrapped(url: str) -> str | None:
    """The target that a redirecting link carries in itself; None where it is no such link."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if host.endswith(".cdn.ampproject.org") or (host == "google.com" and parts.path.startswith("/amp/")):
        return _from_amp_cache(parts)
    if host == "news.google.com":
        found = _from_google_news(parts.path)
        if found is not None:
            return found
    names = _REDIRECTORS.get(host)
    if names is None or not _REDIRECT_PATHS.match(parts.path):
        return None
    values = dict(parse_qsl(parts.query, keep_blank_values=False))
    return next((values[name] for name in names if name in values and is_web_url(values[name])), None)


def _from_amp_cache(parts: SplitResult) -> str | None:
    # https://example-com.cdn.ampproject.org/c/s/www.example.com/story → https://www.example.com/story
    path = parts.path.removeprefix("/amp") if (parts.hostname or "").endswith("google.com") else parts.path
    scheme = "https" if re.match(r"^/(?:[a-z]/)?s/", path) else "http"
    rest = _AMP_CACHE.sub("", path, count=1)
    if rest == path:
        return None
    return f"{scheme}://{rest}" + (f"?{parts.query}" if parts.query else "")


def _from_google_news(path: str) -> str | None:
    """The target in an old-style article id (base64 of a small record with the URL in it)."""
    found = re.match(r"^/(?:rss/|__i/rss/rd/)?articles/([\w-]{20,2000})$", path)
    if found is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    except (binascii.Error, ValueError):
        return None
    target = re.search(rb"https?://[\x21-\x7e]+", raw)
    return target[0].decode("ascii") if target else None
