"""One page, one URL."""

from __future__ import annotations

import base64
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import page_url, tells_page, variants

OLD_NEWS_ID = (
    base64.urlsafe_b64encode(b"\x08\x13\x22\x1ehttps://www.a.example/story/1\xd2\x01\x00").decode().rstrip("=")
)


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://A.Example:443/Story/?utm_source=rss&id=5&fbclid=x#comments", "https://a.example/Story/?id=5"),
        ("http://a.example:80", "http://a.example/"),
        ("https://a.example/s?b=2&a=1", "https://a.example/s?b=2&a=1"),
        ("https://a.example/s?q=%E4&utm_x=1", "https://a.example/s?q=%E4"),
        ("https://a.example/s?cid=1234", "https://a.example/s?cid=1234"),  # an article's own number
        ("https://a.example/s?cid=rss_feed", "https://a.example/s"),
        ("https://a.example/s?at_medium=RSS&at_campaign=KARANGA", "https://a.example/s"),
        (
            "https://a.example/dam-breaks-north?ns_mchannel=rss&ocid=x&smid=y&CMP=z",
            "https://a.example/dam-breaks-north",
        ),
        ("https://a.example/read?ocid=BZQRT&smid=y", "https://a.example/read?ocid=BZQRT&smid=y"),  # nothing else tells
        ("https://a.example/read.php?smid=nytcore&id=77", "https://a.example/read.php?id=77"),
        (
            "https://a.example/v?gameId=4011&ref_id=12&eid=9&uid=8",
            "https://a.example/v?gameId=4011&ref_id=12&eid=9&uid=8",
        ),
        ("https://a.example/dam-breaks-north?cid=4011", "https://a.example/dam-breaks-north?cid=4011"),
        ("https://a.example/?source=ABX-7", "https://a.example/?source=ABX-7"),
        ("https://a.example/lesen?ref=homepage&gclid=E1", "https://a.example/lesen"),
        ("https://a.example/паром-сел-на?ref=top", "https://a.example/паром-сел-на"),
        ("https://a.example/#!/story/7", "https://a.example/#!/story/7"),
        ("https://a.example/story/amp/", "https://a.example/story"),
        ("https://a.example/story?outputType=amp", "https://a.example/story"),
        ("https://a.example/story?amp&id=1", "https://a.example/story?id=1"),
        ("https://a.example/amp/guide", "https://a.example/amp/guide"),
        ("https://www.google.com/amp/s/www.a.example/x?y=1", "https://www.a.example/x?y=1"),
        ("https://a-example.cdn.ampproject.org/c/s/a.example/x", "https://a.example/x"),
        ("https://a-example.cdn.ampproject.org/v/a.example/x?amp_js_v=0.1&usqp=m", "http://a.example/x"),
        ("https://www.google.com/url?rct=j&sa=t&url=https://a.example/s%3Fid%3D1&ct=ga", "https://a.example/s?id=1"),
        ("https://www.bing.com/news/apiclick.aspx?aid=1&url=https%3a%2f%2fa.example%2fs", "https://a.example/s"),
        (f"https://news.google.com/rss/articles/{OLD_NEWS_ID}?oc=5", "https://www.a.example/story/1"),
        ("https://www.google.com/url?url=javascript:alert(1)", "https://www.google.com/url?url=javascript:alert(1)"),
        ("https://www.youtube.com/watch?v=x", "https://www.youtube.com/watch?v=x"),
        ("mailto:a@a.example", "mailto:a@a.example"),
        ("/relative", "/relative"),
        ("", ""),
    ],
)
def test_a_link_is_the_url_of_its_page(link: str, page: str) -> None:
    assert page_url(link) == page


@given(st.text(alphabet=string.ascii_letters + string.digits + "/?&=#%.:-_!@", max_size=80))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = page_url(f"https://a.example/{text}")
    assert page_url(once) == once


@pytest.mark.parametrize(
    ("url", "tells"),
    [
        ("https://a.example/", False),
        ("https://a.example/article.php", False),
        ("https://a.example/news/latest", False),
        ("https://a.example/portal/home.aspx", False),
        ("https://a.example/politique/une", False),
        ("https://a.example/article.php?id=7", True),
        ("https://a.example/story?utm_id=77", False),
        ("https://a.example/news/2211.html", True),
        ("https://a.example/world/dam-breaks-north", True),
        ("https://a.example/новости/паром_сел_на_мель", True),
        ("https://a.example/" + quote("渡轮触礁" * 6), True),
        ("https://[broken", False),
    ],
)
def test_an_article_has_a_name_or_a_number(url: str, tells: bool) -> None:
    assert tells_page(url) is tells


def test_variants_are_the_same_page_under_other_hosts_schemes_and_endings() -> None:
    found = variants("https://www.a.example/story-7?id=1")
    assert {
        "http://a.example/story-7?id=1",
        "https://m.a.example/story-7/?id=1",
        "http://www.a.example/story-7?id=1",
    } <= set(found)
    assert "https://www.a.example/story-7?id=1" not in found
    assert all("a.example/story-7" in one and one.endswith("?id=1") for one in found)
    assert set(variants("http://mobile.a.example/x")) >= {"https://www.a.example/x"}
    assert variants("mailto:a@b.example") == variants("https://u:p@a.example/x") == ()
    assert "https://example/x" not in variants("https://www.example/x"), "the host itself is no prefix"
