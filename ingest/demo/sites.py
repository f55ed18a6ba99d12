"""The newsroom's sites: who they are, how each writes its pages and its feed. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# A block of loopback addresses of its own: an address is a site to ingest, and no other service listens there.
_BLOCK = "127.0.77"


class FeedKind(StrEnum):
    """The formats in which the sites list their stories."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Channel:
    """One feed of a site: its path, its format, and the language of the stories it lists."""

    path: str
    kind: FeedKind
    language: str
    full_text: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One site of the newsroom.

    Attributes:
        id: its name in the stories' lists of carriers, and of its page template.
        address: the loopback address it is served at.
        page: path of an article's page; `{slug}` and `{number}` are filled in.
        paragraph: the markup of one paragraph; `{}` is its text.
        date: strftime pattern of the date that readers see.
        credit: the sentence it prints under stories that it took from the wire; "" for none.
        encoding: in which its pages are sent.
    """

    id: str
    name: str
    address: str
    channels: tuple[Channel, ...]
    page: str
    paragraph: str
    date: str
    credit: str = ""
    encoding: str = "utf-8"


WIRE = "wire"

SITES: tuple[Site, ...] = (
    Site(
        id=WIRE,
        name="Meridian Wire",
        address=f"{_BLOCK}.1",
        channels=(Channel("/en/feed.xml", FeedKind.RSS, "en"), Channel("/de/feed.xml", FeedKind.RSS, "de")),
        page="/story/{slug}-{number}",
        paragraph="<p>{}</p>",
        date="%Y-%m-%d %H:%M UTC",
    ),
    Site(
        id="courier",
        name="The Harbour Courier",
        address=f"{_BLOCK}.2",
        channels=(Channel("/rss", FeedKind.RSS, "en"),),
        page="/news/{number}/{slug}.html",
        paragraph='<div class="par">{}</div>',
        date="%d %B %Y",
        credit="Parts of this page were supplied by Meridian Wire.",
    ),
    Site(
        id="northgate",
        name="Northgate Post",
        address=f"{_BLOCK}.3",
        channels=(Channel("/atom.xml", FeedKind.ATOM, "en"),),
        page="/{slug}",
        paragraph="<p>{}</p>",
        date="%A, %d %B %Y",
        credit="This report reached us through a news agency; apart from its headline the Post has not edited it.",
    ),
    Site(
        id="valley",
        name="The Valley Ledger",
        address=f"{_BLOCK}.4",
        channels=(Channel("/ledger.rdf", FeedKind.RSS, "en"),),
        page="/n{number}.htm",
        paragraph="<p>{}",  # as in 1998: nobody closes a paragraph
        date="%d.%m.%y",
        credit="News from beyond the valley comes to the Ledger by wire and is printed as it comes.",
        encoding="windows-1252",
    ),
    Site(
        id="lantern",
        name="Daily Lantern",
        address=f"{_BLOCK}.5",
        channels=(Channel("/feed.json", FeedKind.JSON, "en", full_text=True),),
        page="/read/{slug}",
        paragraph="<p>{}</p>",
        date="%d %b %Y, %H:%M",
        credit="With reporting from a news agency.",
    ),
    Site(
        id="kestrel",
        name="Kestrel Online",
        address=f"{_BLOCK}.6",
        channels=(Channel("/feeds/all.atom", FeedKind.ATOM, "en", full_text=True),),
        page="/article.php?id={number}",
        paragraph="{}<br><br>",
        date="%m/%d/%Y %H:%M",
        credit="This item was distributed by Meridian Wire and published automatically.",
    ),
    Site(
        id="rheinwinkel",
        name="Rheinwinkel-Bote",
        address=f"{_BLOCK}.7",
        channels=(Channel("/nachrichten.rss", FeedKind.RSS, "de"),),
        page="/nachrichten/{slug}-{number}.html",
        paragraph="<p>{}</p>",
        date="%d.%m.%Y",
        credit="Dieser Beitrag stammt von einer Nachrichtenagentur und wurde von der Redaktion nur gekürzt.",
    ),
    Site(
        id="elbtal",
        name="Elbtaler Tageblatt",
        address=f"{_BLOCK}.8",
        channels=(Channel("/feed/atom", FeedKind.ATOM, "de"),),
        page="/artikel/{number}",
        paragraph='<div class="absatz">{}</div>',
        date="%d.%m.%Y %H:%M",
        credit="Quelle dieses Artikels ist der Dienst Meridian Wire.",
        encoding="iso-8859-1",
    ),
)
