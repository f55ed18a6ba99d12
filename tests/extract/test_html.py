"""Charsets as pages declare them, and what is no page at all."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime

import pytest
from lxml import etree

from ingest.errors import ExtractError
from ingest.extract.html import decode, page_tree, tree_of
from ingest.model import Outcome, Page

GERMAN = "<html><head>{}</head><body><p>Zürich und Österreich müssen größere Brücken bauen</p></body></html>"
JAPANESE = "<html><head>{}</head><body><p>東京で会議が開かれました。各国の代表が集まりました。</p></body></html>"


def meta(charset: str) -> str:
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


def page(body: bytes, content_type: str) -> Page:
    url = "https://paper.example/a"
    return Page(url, url, 200, {"content-type": content_type}, body, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "declared", "codec"),
    [
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "iso-8859-1", "cp1252"),
        (GERMAN, "windows-1252", "cp1252"),
        (GERMAN, "utf-16", "utf-8"),
        (GERMAN, "iso-8859-1", "utf-8"),  # wrong, and common
        (GERMAN, "no-such-charset", "utf-8"),
        (JAPANESE, "shift_jis", "cp932"),
        (JAPANESE, "euc-jp", "euc-jp"),
        (JAPANESE, "iso-2022-jp", "iso-2022-jp"),
    ],
)
def test_the_declared_charset_counts_where_it_can_be_true(text: str, declared: str, codec: str) -> None:
    html = text.format(meta(declared))
    assert decode(html.encode(codec)) == html


def test_the_charset_of_the_header_goes_before_the_pages_own() -> None:
    html = GERMAN.format(meta("shift_jis"))
    assert decode(html.encode("cp1252"), "windows-1252") == html


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_goes_before_everything(codec: str) -> None:
    html = GERMAN.format(meta("iso-8859-1"))
    assert decode(html.encode(codec), "shift_jis") == html


def test_a_few_broken_bytes_leave_the_declared_charset_in_force() -> None:
    html = GERMAN.format(meta("utf-8")) + "x" * 500
    text = decode(html.encode() + b"\xff")
    assert "Zürich" in text
    assert text.endswith("\ufffd")


def test_an_undeclared_charset_is_guessed() -> None:
    html = GERMAN.format("") * 20
    assert "Zürich" in decode(html.encode("cp1252"))


@pytest.mark.parametrize("body", [bytes(range(256)) * 20, b"\xff\xfe\x00", b"\x1b$B", b"<meta charset=zlib>\xff"])
def test_decoding_never_fails(body: bytes) -> None:
    assert isinstance(decode(body), str)


@pytest.mark.parametrize(
    ("body", "content_type", "outcome"),
    [
        (b"", "text/html", Outcome.EMPTY_BODY),
        (b"  \n ", "text/html", Outcome.EMPTY_BODY),
        (b"%PDF-1.7 ...", "text/html", Outcome.NOT_HTML),
        (b"%PDF-1.7 ...", "application/pdf", Outcome.NOT_HTML),
        (b'{"a": 1}', "application/json", Outcome.NOT_HTML),
        (b'{"a": 1}', "text/html", Outcome.NOT_HTML),
        (b"\x89PNG\r\n", "text/html", Outcome.NOT_HTML),
        (b'<?xml version="1.0"?><!-- x --><rss version="2.0"/>', "text/xml", Outcome.NOT_HTML),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "text/html", Outcome.NOT_HTML),
    ],
)
def test_what_is_no_page_is_named(body: bytes, content_type: str, outcome: Outcome) -> None:
    with pytest.raises(ExtractError) as caught:
        page_tree(page(body, content_type))
    assert caught.value.outcome is outcome


@pytest.mark.parametrize("content_type", ["", "text/html; charset=utf-8", "application/xhtml+xml", "text/plain"])
def test_a_page_is_a_page_under_many_names(content_type: str) -> None:
    assert page_tree(page(GERMAN.format("").encode(), content_type)).find(".//p") is not None


def test_characters_that_xml_forbids_do_not_end_the_page() -> None:
    tree = tree_of(b"<html><body><p>before\x00\x0bafter</p><p>and more</p></body></html>")
    assert [paragraph.text for paragraph in tree.iter("p")] == ["beforeafter", "and more"]


@pytest.mark.parametrize(
    "stray",
    ["\x02", "\x0b", "\x1b", "\x7f", "\ufffe", "\uffff", "&#2;", "&#27;", "&#027", "&#x1b;", "&#X0F;", "&#12;",
     "&#xFFFE;", "&#65535;", "&#0;", "&#xD800;", "&#99999999999;", "&#&#2;27;", "&#\x0227;", "&#127;", "&#129;"],
)  # fmt: skip
def test_a_tree_can_be_copied_whatever_characters_the_page_holds(stray: str) -> None:
    body = f"<html><body title='in {stray} title'><p>one {stray} two<br>three {stray} four</p></body></html>"
    tree = tree_of(body.encode())
    copy = etree.Element("body", title=tree.body.get("title"))  # raises ValueError for what XML 1.0 forbids
    copy.text, copy.tail = tree.find(".//p").text, tree.find(".//br").tail
    assert (copy.text.split()[0], copy.text.split()[-1], copy.tail.split()[-1]) == ("one", "two", "four")


def test_references_to_characters_of_text_stay() -> None:
    tree = tree_of("<p>&#9;&#10;&#13;a&#32;b&#65;&#270;&#x1F600;&#x10;&#8217;c \x93d\x94 it\x92s</p>".encode())
    assert " ".join(tree.find(".//p").text.split()) == "a bAĎ😀 ’c “d” it’s"


def test_the_characters_of_a_utf_16_page_are_cleaned_too() -> None:
    tree = tree_of(codecs.BOM_UTF16_LE + "<p>one\x02 two\x1b[2J</p>".encode("utf-16-le"))
    assert tree.find(".//p").text == "one two[2J"
