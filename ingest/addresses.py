"""One page, one address: what names a page in its URL, and what only says how a reader came. Pure; no network.

The one rule for feeds, pages, backfills and `prune`. Mobile hosts and shorteners cannot be resolved by looking: there
the page's own canonical link and the redirect decide, after fetching, and the texts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlunsplit

from ingest.urls import is_web_url, parts_of

# Parameters that only ever say how a reader came: click ids, campaign tags, share tokens of known systems. Sources:
# https://github.com/AdguardTeam/AdguardFilters/blob/master/TrackParamFilter/sections/general_url.txt,
# https://gitlab.com/ClearURLs/rules
_TRACKERS = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|ysclid|li_fat_id|igshid|igsh"
    r"|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|__hs\w+|hsctatracking|mkt_tok|vero_(?:id|conv)|oly_(?:anon|enc)_id"
    r"|(?:pk|mtm|piwik|matomo)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)"
    r"|at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team|creation|variant|emailtype)"
    r"|ns_(?:mchannel|source|campaign|linkname|fee)|itm_\w+|wt_mc|wt_zmc|xtor|guccounter|guce_referrer(?:_sig)?"
    r"|__twitter_impression|hss_channel|ref_src|ref_url|share_token|usqp|amp_js_v|amp_gsa|spm|embedded-checkout"
    r"|_openstat|wickedid|sc_cid|soc_src|soc_trk|yptr|fb_action_ids|fb_action_types|fb_source)$",
    re.IGNORECASE,
)
# Parameters that often say that, and on other sites carry the article's own id.
_OFTEN_TRACKERS = re.compile(
    r"^(?:cmp|cmpd|cmpid|s_cid|campaign_id|cid|eid|uid|ocid|smid|smtyp|ito|ftag|ftcamp|ncid|intcid|icid|taid|sref|srnd|sh|emc|rss_id|fromrss"
    r"|feedid|mbid|mod|ref|referr?er|source|src|partner|rss|feedtype|traffic_source|feature|session|keyword|kwd|medium"
    r"|campaign|affiliate|aff|via|from|share|cn|ntref|__source|smtp|channel)$",
    re.IGNORECASE,
)
# What such a parameter says where it is one.
_CHANNEL = re.compile(
    r"^(?:rss|atom|feed|xml|mrss|newsletter|e?mail|social|share|twitter|x|facebook|fb|linkedin|instagram|whatsapp"
    r"|telegram|reddit|google|bing|yahoo|msn|flipboard|apple|youtube|homepage|home|frontpage|app|ios|android|mobile"
    r"|yes|true|1|youtu\.be)?(?:[-_.]\w*)?$",
    re.IGNORECASE,
)
# A value that may be an id: a number, or one with letters around it.
_ID = re.compile(r"^(?=.*\d)[\w.~:-]{1,64}$")
MAX_KEY_CHARS = 200  # of a feed's key within a URL
_SLUG_WORDS = 3  # words in a row that name an article and no section
_LONG_NAME = 20  # letters of a path's last part that do, in scripts that part no words
_VARIANT_HOSTS = ("", "www.", "m.", "mobile.", "amp.")
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
def page_url(url: str) -> str:
    """The URL under which a link's page is known; the link itself where nothing can be said.

    A parameter is cut where it is a tracker by its name; one that may be the article's id only where its value is none
    and the rest tells the page. What is left of the query keeps its order and spelling: some servers are particular.
    """
    current = url
    for _ in range(MAX_WRAPPERS):
        inner = _unwrapped(current)
        if inner is None or not is_web_url(inner):
            break
        current = inner
    else:
        current = url  # wrapped without end: nothing in it is its page
    if not is_web_url(current):
        return url
    parts = parts_of(current)
    pieces = [piece for piece in parts.query.split("&") if piece and not _is_noise(piece)]
    sure = [piece for piece in pieces if not _is_doubtful(piece)]
    told = _tells(parts.path, sure)
    query = "&".join(piece for piece in pieces if piece in sure or not (told or _names_channel(piece)))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # `#!` names a page of its own
    path = _AMP_TAIL.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme.lower(), _host(parts), path, query, fragment))


def names_of(url: str) -> list[str]:
    """Every URL by which a person may mean the page of one: as it is given, as it is known, and its variants."""
    known = page_url(url)
    return [*dict.fromkeys((url, known, *variants(known)))]


def tells_page(url: str) -> bool:
    """Whether a URL can be that of one article: something in it names one, or numbers it."""
    parts = parts_of(url)
    return _tells(parts.path, [piece for piece in parts.query.split("&") if piece and not _is_noise(piece)])


def entry_url(feed: str, key: str) -> str:
    """The URL under which a text is known that has none: its feed's, with the entry's key behind it."""
    name = key if len(key) <= MAX_KEY_CHARS else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{feed}#entry={quote(name, safe=':/', errors='replace')}"


@lru_cache(maxsize=16_384)
def variants(url: str) -> tuple[str, ...]:
    """Other URLs under which a page with this one is often had: http or https, with `www.`, mobile hosts, a last slash.

    Whether it is the same page its text has to tell.
    """
    if not is_web_url(url):
        return ()
    parts = parts_of(url)
    if "@" in parts.netloc:
        return ()
    bare = re.sub(r"^(?:(?:www|m|mobile|amp)\.)+(?=[^.]+\.)", "", parts.netloc)
    path = parts.path.rstrip("/")
    tail = (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    endings = (f"{path}{tail}", f"{path}/{tail}") if path else (f"/{tail}",)
    hosts = [f"{scheme}://{prefix}{bare}" for scheme in ("https", "http") for prefix in _VARIANT_HOSTS]
    return tuple(one for host in hosts for ending in endings if (one := host + ending) != url)


def _host(parts: SplitResult) -> str:
    host = parts.netloc.lower() if "@" not in parts.netloc else parts.netloc
    default = ":443" if parts.scheme.lower() == "https" else ":80"
    return host.removesuffix(default)


def _is_noise(piece: str) -> bool:
    return bool(_AMP_PARAMETERS.match(piece) or _TRACKERS.match(unquote(piece.partition("=")[0])))


def _is_doubtful(piece: str) -> bool:
    name, _, value = piece.partition("=")
    return bool(_OFTEN_TRACKERS.match(unquote(name))) and (_names_channel(piece) or not _ID.match(unquote(value)))


def _names_channel(piece: str) -> bool:
    return bool(_CHANNEL.match(unquote(piece.partition("=")[2])))


def _tells(path: str, pieces: list[str]) -> bool:
    last = unquote(path.rstrip("/").rpartition("/")[2])
    name = last.rpartition(".")[0] or last
    words = [word for word in re.split(r"[\W_]+", name) if word]
    if len(words) >= _SLUG_WORDS or len(name) >= _LONG_NAME or any(sign.isdigit() for sign in name):
        return True
    values = (unquote(piece.partition("=")[2]) for piece in pieces)
    return any(_ID.match(value) or len(value) >= _LONG_NAME for value in values)


def _unwrapped(url: str) -> str | None:
    """The target that a redirecting link carries in itself; None where it is no such link."""
    parts = parts_of(url)
    host = (parts.hostname or "").removeprefix("www.")
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
