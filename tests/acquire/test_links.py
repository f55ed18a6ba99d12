"""One page, one URL."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.acquire.links import tidy

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
        ("https://a.example/s?ns_mchannel=rss&ocid=x&smid=y&CMP=z", "https://a.example/s"),
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
    assert tidy(link) == page


@given(st.text(alphabet=string.ascii_letters + string.digits + "/?&=#%.:-_!@", max_size=80))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = tidy(f"https://a.example/{text}")
    assert tidy(once) == once
