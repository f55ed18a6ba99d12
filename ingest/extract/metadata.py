"""The facts that a page states about its article, each with where it was found. Pure; never touches the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml.html import HtmlElement

from ingest.addresses import page_url
from ingest.extract.authors import clean_names, last_first_turned, looks_like_person
from ingest.extract.blocks import MAX_NAMES_CHARS, camel_parted
from ingest.extract.dates import Moment, parse_moment
from ingest.extract.jsonld import Item, article_of, body_of, is_article, items_of, resolve, text_of
from ingest.extract.titles import Form, choose_title, folded
from ingest.urls import is_web_url, joined, parts_of, site_of

MAX_META_CHARS = 5000
MAX_DESCRIPTION_CHARS = 1000
MAX_BYLINE_CHARS = 150
MAX_BYLINES = 4
_PAGE_LINK = re.compile(
    r"(?:[?&]\w{1,8}=|[/_,-](?:page|seite|pagina|pg?)?[/_,-]?)\d{1,2}(?:\.\w{2,5})?/?(?:$|[?&#])", re.IGNORECASE
)

_PUBLISHED_META = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "date.available", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created",
    "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "article.published",
    "cxenseparse:recs:publishtime",
    "date.created", "dc.date", "dc.date.published", "date", "article_date_original", "originalpublicationdate",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "dcterms.modified",
    "dc.date.modified", "last-modified", "lastmod", "date.modified", "article.updated",
)  # fmt: skip
_AUTHOR_META = (
    "article:author", "article:byline", "author", "authors", "parsely-author", "sailthru.author", "byl", "og:author",
    "og:article:author", "mrf:authors", "dc.creator", "dcterms.creator", "citation_author", "article:author_name",
    "cxenseparse:author", "shareaholic:article_author_name",
)  # fmt: skip
_TITLE_META = ("title", "headline", "dc.title", "dcterms.title", "sailthru.title", "parsely-title", "citation_title")
_DESCRIPTION_META = ("description", "og:description", "twitter:description", "dc.description", "sailthru.description")
_IMAGE_META = ("og:image", "og:image:secure_url", "og:image:url", "twitter:image", "twitter:image:src")
_SITE_META = ("og:site_name", "application-name", "apple-mobile-web-app-title", "al:ios:app_name", "publisher")

_BYLINE = re.compile(r"(?:^|[\s_-])(?:bylines?|authors?|autor(?:en|es|in)?|auteur|autore|firma|skribent)(?:$|[\s_-])")
_NO_BYLINE = re.compile(
    r"bio|box|image|img|photo|avatar|link|social|follow|related|list|info|desc|comment|twitter|card|role|title"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says of its article.

    Attributes:
        titles: all forms of the title, the chosen one first.
        own_titles: what the page itself says of its title.
        is_article: whether it calls itself an article.
        authors: names; agencies and outlets where the byline holds them.
        credits: names of creators and source organisations in JSON-LD, for attribution.
        publisher: who publishes the page.
        languages: as declared, two letters, most trusted first.
        free: JSON-LD's isAccessibleForFree; None where the page does not say.
        word_count: as announced by JSON-LD.
        next_url: the article's next page.
        amp_url: its AMP variant.
        page_links: links that may lead to its other pages.
        provenance: fact → source.
    """

    title: str | None = None
    titles: tuple[str, ...] = ()
    own_titles: tuple[str, ...] = ()
    is_article: bool = False
    authors: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    publisher: str | None = None
    published: Moment | None = None
    modified: Moment | None = None
    section: str | None = None
    languages: tuple[str, ...] = ()
    url: str | None = None
    image: str | None = None
    site_name: str | None = None
    descriptions: tuple[str, ...] = ()
    article_body: str | None = None
    free: bool | None = None
    word_count: int | None = None
    next_url: str | None = None
    amp_url: str | None = None
    page_links: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


def facts_of(tree: HtmlElement, url: str, *, feed_title: str | None = None, not_after: datetime | None = None) -> Facts:
    """The facts of a page.

    Args:
        tree: the parsed page.
        url: where it was found.
        feed_title: the feed's title for it, one more voice on what the title is.
        not_after: when it was fetched, to tell impossible dates.
    """
    return _Reader(tree, url, not_after).facts(feed_title)


class _Reader:
    """Reads one page; collects provenance as facts are settled."""

    def __init__(self, tree: HtmlElement, url: str, not_after: datetime | None) -> None:
        self.tree, self.url, self.not_after = tree, url, not_after
        self.metas = _metas(tree)
        self.items = items_of(tree)
        self.article: Item = article_of(self.items, url)
        self.provenance: dict[str, str] = {}

    def facts(self, feed_title: str | None) -> Facts:
        site_name = self.first_meta(_SITE_META) or text_of(self.article.get("publisher"))
        forms = list(self.title_forms(feed_title))
        chosen = choose_title(forms, self.site_names(site_name))
        if chosen is not None:
            self.provenance["title"] = chosen.source
        titles = dict.fromkeys(([chosen.text] if chosen else []) + [form.text for form in forms])
        links = _links(self.tree)
        return Facts(
            title=chosen.text if chosen else None,
            titles=tuple(titles),
            is_article=self.first_meta(("og:type",)) == "article" or is_article(self.article),
            own_titles=tuple(dict.fromkeys(form.text for form in forms if form.source != "feed")),
            authors=self.authors(site_name),
            credits=tuple(self.credits()),
            publisher=text_of(self.article.get("publisher")) or None,
            published=self.moment("published_at", "datePublished", _PUBLISHED_META, "datePublished", "uploadDate"),
            modified=self.moment("modified_at", "dateModified", _MODIFIED_META, "dateModified"),
            section=self.fact("section", text_of(self.article.get("articleSection")), ("article:section", "section")),
            languages=tuple(self.languages()),
            url=self.canonical(links),
            image=self.image(),
            site_name=site_name or None,
            descriptions=tuple(self.descriptions()),
            article_body=body_of(self.article.get("articleBody")),
            free=_boolean(self.article.get("isAccessibleForFree")),
            word_count=_count(self.article.get("wordCount")),
            next_url=self.beside(links.get("next")),
            amp_url=self.beside(links.get("amphtml")),
            page_links=tuple(self.page_links()),
            provenance=self.provenance,
        )

    def page_links(self) -> Iterator[str]:
        """Links on the site that have a number of a page in them."""
        for anchor in self.tree.iter("a"):
            href = anchor.get("href") or ""
            if len(href) < MAX_META_CHARS and _PAGE_LINK.search(href) and (link := self.beside(href)):
                yield link

    def first_meta(self, names: tuple[str, ...]) -> str | None:
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    def fact(self, name: str, stated: str, metas: tuple[str, ...]) -> str | None:
        if stated:
            self.provenance[name] = "json-ld"
            return stated
        if found := self.first_meta(metas):
            self.provenance[name] = "meta"
            return found
        return None

    def site_names(self, site_name: str | None) -> Iterator[str]:
        if site_name:
            yield site_name
        yield text_of(self.article.get("publisher"))
        yield from (name for key in _SITE_META for name in self.metas.get(key, ()))
        for link in (self.url, self.first_meta(("og:url",)) or ""):
            if site := site_of(link):
                yield site
                yield site.split(".")[0]

    def title_forms(self, feed_title: str | None) -> Iterator[Form]:
        if headline := text_of(self.article.get("headline")):
            yield Form("json-ld", headline)
        if "og:title" in self.metas:
            yield Form("og", self.metas["og:title"][0])
        headings = [" ".join(heading.text_content().split()) for heading in self.tree.iter("h1")]
        headings = [heading for heading in headings if heading]
        said = {folded(form) for form in (headline, self.first_meta(("og:title",)) or "", feed_title or "")}
        # Of several, the one that another source repeats; one alone is the title even if nobody repeats it.
        repeated = [heading for heading in headings if folded(heading) in said]
        if repeated or len(headings) == 1:
            yield Form("h1", (repeated or headings)[0])
        if feed_title:
            yield Form("feed", feed_title)
        if "twitter:title" in self.metas:
            yield Form("twitter", self.metas["twitter:title"][0])
        if meta := self.first_meta(_TITLE_META):
            yield Form("meta", meta)
        element = self.tree.find(".//head/title")
        if element is None:
            element = self.tree.find(".//title")
        if element is not None and (text := " ".join(element.text_content().split())):
            yield Form("title", text)
        if not repeated and len(headings) > 1:
            yield Form("h1", headings[0])

    def authors(self, site_name: str | None) -> tuple[str, ...]:
        outlet = {folded(name) for name in self.site_names(site_name)}
        stated = [
            resolve(author, self.items) for author in _listed(self.article.get("author") or self.article.get("creator"))
        ]
        persons = clean_names(_person(author) for author in stated)
        metas = self.meta_authors(outlet)
        for names, source in ((persons, "json-ld"), (metas, "meta")):
            if names and any(folded(name) not in outlet and not _is_outlet(name, outlet) for name in names):
                self.provenance["author"] = source
                return names
        # JSON-LD that names the outlet as author leaves room for a byline in the text.
        names = self.bylines()
        if names and (not persons or any(looks_like_person(name) for name in names)):
            self.provenance["author"] = "byline"
            return names
        if persons:
            self.provenance["author"] = "json-ld"
        return persons

    def meta_authors(self, outlet: set[str]) -> tuple[str, ...]:
        for key in _AUTHOR_META:
            values = [value for value in self.metas.get(key, ()) if "://" not in value]
            names = clean_names(last_first_turned(values))
            if names and not all(_is_outlet(name, outlet) for name in names):
                return names
        return ()

    def bylines(self) -> tuple[str, ...]:
        found: list[str] = []
        where = None
        for element in self.tree.iter("a", "span", "div", "p", "address", "li", "strong", "em", "b", "h3", "h4", "h5"):
            names = camel_parted(f"{element.get('class', '')} {element.get('id', '')}"[:MAX_NAMES_CHARS])
            marked = element.get("rel") == "author" or element.get("itemprop") == "author"
            if not marked and not (_BYLINE.search(names) and not _NO_BYLINE.search(names)):
                continue
            text = " ".join(element.text_content().split())
            if not 3 <= len(text) <= MAX_BYLINE_CHARS:
                continue
            parent = element.getparent()
            if where is not None and parent is not where:
                break  # the bylines of other articles
            if cleaned := clean_names([text]):
                where = parent
                found.extend(cleaned)
                if len(found) >= MAX_BYLINES:
                    break
        return tuple(dict.fromkeys(found))

    def credits(self) -> Iterator[str]:
        for key in ("author", "creator", "sourceOrganization", "provider", "copyrightHolder"):
            for item in _listed(self.article.get(key)):
                if name := text_of(resolve(item, self.items)):
                    yield name

    def moment(self, fact: str, key: str, metas: tuple[str, ...], itemprop: str, other: str = "") -> Moment | None:
        found = parse_moment(self.article.get(key) or (self.article.get(other) if other else None), self.not_after)
        if found is not None:
            self.provenance[fact] = "json-ld"
        better = None
        if found is None or found[1] == "day":
            better = self.meta_moment(metas) or self.marked_moment(itemprop)
        if better is not None and (found is None or (better[1] == "second" and abs((better[0] - found[0]).days) <= 1)):
            self.provenance[fact] = "meta"
            return better
        return found

    def meta_moment(self, names: tuple[str, ...]) -> Moment | None:
        stated = (parse_moment(value, self.not_after) for name in names for value in self.metas.get(name, ())[:1])
        days = None
        for found in stated:
            if found is not None and found[1] == "second":
                return found
            days = days or found
        return days

    def marked_moment(self, itemprop: str) -> Moment | None:
        for element in self.tree.iter("time", "meta", "span", "abbr"):
            if element.get("itemprop") == itemprop or (element.tag == "time" and element.get("pubdate") is not None):
                stated = element.get("datetime") or element.get("content") or element.get("title")
                if found := parse_moment(stated, self.not_after):
                    return found
        return None

    def languages(self) -> Iterator[str]:
        stated = [
            self.tree.get("lang")
            or self.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
            or self.tree.get("xml:lang"),
            text_of(self.article.get("inLanguage")),
            self.first_meta(("og:locale", "content-language", "dc.language", "language")),
        ]
        for value in stated:
            code = re.split(r"[-_,]", (value or "").strip().lower())[0]
            if len(code) in (2, 3) and code.isalpha():
                yield code

    def canonical(self, links: Mapping[str, str]) -> str | None:
        """The page's own idea of its URL; the caller decides whether to believe it."""
        for source, stated in (("canonical", links.get("canonical")), ("og", self.first_meta(("og:url",)))):
            if stated and (absolute := self.absolute(stated)):
                self.provenance["url"] = source
                return absolute
        return None

    def absolute(self, link: str) -> str | None:
        cleaned = page_url(joined(self.url, link) or "")
        return cleaned if is_web_url(cleaned) else None

    def beside(self, link: str | None) -> str | None:
        """A link of the page to another form or part of the same article: same site, another URL."""
        target = self.absolute(link) if link else None
        if target is None or site_of(target) != site_of(self.url) or target == page_url(self.url):
            return None
        return target if parts_of(target).path not in ("", "/") else None

    def image(self) -> str | None:
        for item in _listed(self.article.get("image")):
            stated = item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item
            if isinstance(stated, str) and (absolute := self.absolute(stated)):
                self.provenance["image"] = "json-ld"
                return absolute
        if (stated := self.first_meta(_IMAGE_META)) and (absolute := self.absolute(stated)):
            self.provenance["image"] = "og"
            return absolute
        return None

    def descriptions(self) -> Iterator[str]:
        stated = [text_of(self.article.get("description"))]
        stated += [value for name in _DESCRIPTION_META for value in self.metas.get(name, ())]
        yield from dict.fromkeys(text[:MAX_DESCRIPTION_CHARS] for text in stated if text)


def _metas(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = " ".join((meta.get("content") or "")[:MAX_META_CHARS].split())
        if content:
            for attribute in ("property", "name", "itemprop", "http-equiv"):
                # itemprop="author" stands in the markup of pictures too.
                if (name := meta.get(attribute)) and not (attribute == "itemprop" and name == "author"):
                    found.setdefault(name.strip().lower(), []).append(content)
    return found


def _links(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for link in tree.iter("link"):
        href = link.get("href")
        for relation in (link.get("rel") or "").lower().split():
            if href and relation in ("canonical", "next", "amphtml"):
                found.setdefault(relation, href)
    if "next" not in found:
        for anchor in tree.iterfind(".//a[@rel='next']"):
            if href := anchor.get("href"):
                found["next"] = href
                break
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _person(author: Any) -> str:
    if isinstance(author, dict) and not author.get("name"):
        return " ".join(text_of(author.get(key)) for key in ("givenName", "familyName")).strip()
    return text_of(author)


def _is_outlet(name: str, outlet: set[str]) -> bool:
    key = folded(name)
    return key in outlet or key in ("condénast",)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = text_of(value).lower().rsplit("/", 1)[-1]
    return {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}.get(text)


def _count(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
