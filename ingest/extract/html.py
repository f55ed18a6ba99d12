"""Bytes of a page → its text by the declared charset → one parsed tree, used for body and facts alike."""

from __future__ import annotations

import re

from lxml.etree import LxmlError, strip_elements
from lxml.html import HtmlElement, document_fromstring, fromstring
from trafilatura.utils import HTML_PARSER

from ingest.charsets import BOMS, decode
from ingest.errors import ExtractError
from ingest.model import Outcome, Page

_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)

_HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"})
# What no page is called by mistake; any other name is looked behind (https://mimesniff.spec.whatwg.org/#mime-type-sniffing-algorithm).
_OTHER_TYPES = re.compile(
    r"^(?:(?:image|video|audio|font|model)/|text/(?:css|csv|calendar|javascript|vcard)"
    r"|application/(?:pdf|json|ld\+json|javascript|zip|gzip|msword|rtf|epub|wasm|x-(?:tar|7z|rar|shockwave)"
    r"|vnd\.(?:ms-|openxml|oasis|apple|android|rar)))"
)
_ROOT = re.compile(r"<(?:!doctype\s+html|html|head|body|div|p|article|section|table|meta|title)\b", re.IGNORECASE)
_FEED_ROOT = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.DOTALL
)
_START_CHARS = 8192
_BINARY_STARTS = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00")

_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_SELF_CLOSED_ROOT = re.compile(r"\A((?:[^<]|<!)[^<]{0,500}<html[^<>]{0,2000}?|\s*<html[^<>]{0,2000}?)/>", re.IGNORECASE)
_MACHINERY = ("script", "style", "noscript", "template", "svg", "iframe", "object", "canvas")
# What no extractor takes a body from; fewer elements make the copies that trafilatura works on smaller.
_NEVER_BODY = ("head", "nav", "footer", "select", "button", "dialog", "picture", "video", "audio", "source")

# Other characters that XML 1.0 §2.2 forbids, and references to such: libxml2 lets them into a tree of HTML, and then
# whoever works on a copy of the tree, as trafilatura does, fails on the page. C1 controls are Windows characters whose
# charset was mistaken, as HTML reads references to them (WHATWG HTML §13.2.5.80).
_STRAY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STRAY_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|127|6553[45])(?!\d)"
    r"|[xX]0*(?:[0-8bcefBCEF]|1[\da-fA-F]|7[fF]|[fF]{3}[efEF])(?![\da-fA-F]));?",
    re.ASCII,
)


# One byte in ten of binary data is one of these; ESC is left out, as ISO-2022 texts are full of it.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
MAX_BINARY = 0.06  # share of the beginning: half of what binary data has; stray ones cost nothing


def page_tree(page: Page) -> HtmlElement:
    """The parsed tree of a page.

    Raises:
        ExtractError: `not_html`, `empty_body`, or `extract_failed` when no parser makes sense of it.
    """
    kind = page.content_type.split(",")[0].strip()
    if kind not in _HTML_TYPES and (_OTHER_TYPES.match(kind) or not _looks_like_html(page.body)):
        raise ExtractError(Outcome.NOT_HTML, f"the server calls it {page.content_type}")
    declared = _HEADER_CHARSET.search(page.headers.get("content-type", ""))
    return tree_of(page.body, declared[1] if declared else None)


def _looks_like_html(body: bytes) -> bool:
    start = body[: 4 * _START_CHARS].decode("latin-1")
    return bool(_ROOT.search(start[:_START_CHARS])) and not _FEED_ROOT.match(start)


def tree_of(body: bytes, charset: str | None = None) -> HtmlElement:
    """The parsed tree of an HTML document's bytes.

    Args:
        body: the document, no content coding left.
        charset: the label from the HTTP header, which goes before the document's own.

    Raises:
        ExtractError: as `page_tree`.
    """
    if not body.strip():
        raise ExtractError(Outcome.EMPTY_BODY, "the page has no content")
    if body.startswith(_BINARY_STARTS):
        raise ExtractError(Outcome.NOT_HTML, f"binary data, it begins with {body[:8]!r}")
    if _is_binary(body):
        raise ExtractError(Outcome.NOT_HTML, "binary data: its beginning is full of control characters")
    text = without_strays(decode(body, charset))
    start = text[:_START_CHARS]
    if _FEED_ROOT.match(start):
        raise ExtractError(Outcome.NOT_HTML, "a feed or sitemap, not a page")
    if not _ROOT.search(start) and "<" not in start:
        raise ExtractError(Outcome.NOT_HTML, "no HTML tag near its beginning")
    # An encoding declaration inside a decoded text is refused by lxml; `<html/>` ends the page at once.
    text = _SELF_CLOSED_ROOT.sub(r"\1>", _XML_DECLARATION.sub("", text, count=1), count=1)
    try:
        tree = fromstring(text, parser=HTML_PARSER)
    except (LxmlError, ValueError) as error:
        if "memory" in str(error).lower():  # libxml2's own report of a refused allocation
            raise MemoryError from error
        raise ExtractError(Outcome.EXTRACT_FAILED, f"the HTML parser made nothing of it: {error}") from error
    if tree.tag != "html":
        # A fragment: what reads it may rely on a root that is none of its blocks.
        tree = document_fromstring(text, parser=HTML_PARSER)
    return tree


def without_strays(text: str) -> str:
    """The source of a page without characters, and references to characters, that its tree must not hold."""
    # A space for a reference, so that what stands on either side of it does not become another.
    return _STRAY_REFERENCE.sub(" ", _STRAY.sub(_mended, text))


def _mended(stray: re.Match[str]) -> str:
    return stray[0].encode("latin-1").decode("cp1252", "ignore") if "\x80" <= stray[0] <= "\x9f" else ""


def drop_machinery(tree: HtmlElement) -> None:
    """Take scripts, styles and drawings out of a tree, once facts are read: nobody reads them as text."""
    strip_elements(tree, *_MACHINERY, with_tail=False)


def drop_surroundings(tree: HtmlElement) -> None:
    """Take navigation, footers and controls out of a tree, once its blocks are read."""
    strip_elements(tree, *_NEVER_BODY, with_tail=False)


def _is_binary(body: bytes) -> bool:
    if body.startswith(tuple(mark for mark, _ in BOMS)):
        return False  # UTF-16 and UTF-32 are full of zeros
    start = body[:_START_CHARS]
    return len(_BINARY.findall(start)) > MAX_BINARY * len(start)
