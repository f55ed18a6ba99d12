"""Bytes of a page → its text by the declared charset → one parsed tree, used for body and facts alike."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes
from lxml.etree import LxmlError, strip_elements
from lxml.html import HtmlElement, document_fromstring, fromstring
from trafilatura.utils import HTML_PARSER

from ingest.errors import ExtractError
from ingest.model import Outcome, Page

# Labels that mean another codec than Python's of that name (WHATWG Encoding Standard, §4.2).
_WHATWG_CODECS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    # A page whose ASCII `charset=utf-16` could be read is not in UTF-16.
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
    "utf-7": "utf-8",
}
# Codecs of Python's registry that are no character sets of pages.
_NO_CHARSETS = (
    "base64", "bz2", "hex", "idna", "mbcs", "oem", "punycode",
    "quopri", "raw", "rot", "undefined", "unicode", "uu", "zlib",
)  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_META_BYTES = 4096  # WHATWG says 1024; publishers put scripts first
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]{2,40})""")
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)

# A page in the declared charset with a few broken bytes is still in that charset.
_MAX_BROKEN_SHARE = 0.01
_GUESS_BYTES = 20_000  # charset-normalizer is slow; this much shows every script

_HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"})
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

# Control bytes that XML 1.0 §2.2 forbids: libxml2 stops at some of them. ESC stays: ISO-2022 is made of it.
_CONTROL_BYTES = bytes(sorted(set(range(32)) - {0x09, 0x0A, 0x0D, 0x1B}))
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
    if page.content_type not in _HTML_TYPES:
        raise ExtractError(Outcome.NOT_HTML, f"the server calls it {page.content_type}")
    declared = _HEADER_CHARSET.search(page.headers.get("content-type", ""))
    return tree_of(page.body, declared[1] if declared else None)


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
    if body.startswith(tuple(mark for mark, _ in _BOMS)):
        return False  # UTF-16 and UTF-32 are full of zeros
    start = body[:_START_CHARS]
    return len(_BINARY.findall(start)) > MAX_BINARY * len(start)


def decode(body: bytes, charset: str | None = None) -> str:
    """Text of a document's bytes; never fails, at worst with U+FFFD for what is broken.

    Valid UTF-8 is taken as such whatever was declared: text in another charset passes for it only by a
    chance that is negligible beyond a few non-ASCII characters. (ISO-2022 and HZ are 7-bit and pass too,
    so those are asked first.)
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    body = body.translate(None, _CONTROL_BYTES)
    declared = [known for label in _labels(body, charset) if (known := _codec(label))]
    for codec in declared:
        if codec.startswith(("iso2022", "hz")) and (b"\x1b" in body or b"~{" in body):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for codec in declared:
        text = body.decode(codec, "replace")
        if text.count("\ufffd") <= max(3, _MAX_BROKEN_SHARE * len(text)):
            return text
    half = _GUESS_BYTES // 2
    guess = from_bytes(body if len(body) <= _GUESS_BYTES else body[:half] + body[-half:]).best()
    return body.decode(guess.encoding if guess else "utf-8", "replace")


def _labels(body: bytes, charset: str | None) -> list[str]:
    start = body[:_META_BYTES]
    found = [
        match[1].decode("ascii", "replace")
        for match in (_META_CHARSET.search(start), _XML_ENCODING.search(start))
        if match
    ]
    return [charset, *found] if charset else found


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name.startswith(_NO_CHARSETS):
        return None
    return _WHATWG_CODECS.get(name, name)
