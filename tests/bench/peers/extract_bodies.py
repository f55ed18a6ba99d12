"""Peers of bench_extract: `python extract_bodies.py METHOD PAGES ANSWER`.

PAGES is a JSON list of {"path", "url"}; the answer is {"bodies": [text …], "seconds": processor time}.
"""

from __future__ import annotations

import gzip
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path


def readability(html: str, url: str) -> str:
    from lxml.html import fromstring
    from readability import Document

    summary = Document(html).summary(html_partial=True)
    return "\n".join(fromstring(f"<div>{summary}</div>").itertext())


def newspaper4k(html: str, url: str) -> str:
    import tldextract.tldextract
    from newspaper import Article, Config

    # Both would ask the network: for the public suffix list, and for the size of every picture.
    tldextract.tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    config = Config()
    config.fetch_images = False
    article = Article(url or "https://page.example/article", config=config)
    article.download(input_html=html)
    article.parse()
    return str(article.text)


METHODS: dict[str, Callable[[str, str], str]] = {"readability-lxml": readability, "newspaper4k": newspaper4k}


def main() -> None:
    method, pages, answer = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
    logging.disable(logging.CRITICAL)
    bodies = []
    started = time.process_time()
    for page in pages:
        html = gzip.decompress(Path(page["path"]).read_bytes()).decode("utf-8", "replace")
        try:
            bodies.append(METHODS[method](html, page["url"] or ""))
        except Exception as error:  # a peer's failure on a page is an empty body
            print(f"{method}: {page['path']}: {error!r}", file=sys.stderr)
            bodies.append("")
    answer.write_text(json.dumps({"bodies": bodies, "seconds": time.process_time() - started}))


if __name__ == "__main__":
    main()
