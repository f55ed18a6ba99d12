"""Pages that scroll on: the next articles, under headings of their own, taken out before a tree is read. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lxml.html import HtmlElement

from ingest.extract.titles import folded

FEWEST_PARAGRAPHS = 3  # of the page's own article, and
FEWEST_CHARS = 400  # of its prose: less is a teaser in a list
PARAGRAPH_CHARS = 40
MOST_ARTICLES = 12  # more are a list, or the entries of a live blog
_HEADINGS = ("h1", "h2")


def drop_next_articles(tree: HtmlElement, titles: Iterable[str]) -> int:
    """Take out the articles that follow the one under the page's own title; returns how many there were.

    Only whole articles under headings of their own go, and none where the page's own is not certain.
    """
    articles = [element for element in tree.iter("article") if next(element.iterancestors("article"), None) is None]
    if not 1 < len(articles) <= MOST_ARTICLES:
        return 0
    wanted = {folded(title) for title in titles if title}
    own = next((number for number, article in enumerate(articles) if folded(_heading(article)) in wanted), None)
    if own is None or not _is_whole(articles[own]):
        return 0
    following = [
        article
        for article in articles[own + 1 :]
        if (heading := folded(_heading(article))) and heading not in wanted and _is_whole(article)
    ]
    for article in following:
        parent = article.getparent()
        if parent is not None:
            article.drop_tree()
    return len(following)


def _heading(article: HtmlElement) -> str:
    heading = next(article.iter(*_HEADINGS), None)
    return " ".join(heading.text_content().split()) if heading is not None else ""


def _is_whole(article: HtmlElement) -> bool:
    texts = (" ".join(paragraph.text_content().split()) for paragraph in article.iter("p"))
    prose = [text for text in texts if len(text) >= PARAGRAPH_CHARS]
    return len(prose) >= FEWEST_PARAGRAPHS and sum(map(len, prose)) >= FEWEST_CHARS
