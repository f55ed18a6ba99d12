"""Shows the morning as it happens: a line for every page, and on a terminal a status line that moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ingest.demo.tally import CANONICAL, UNCHANGED, PageDone, Tally
from ingest.texts import escaped

PLAIN_WIDTH = 120  # characters, where the output is no terminal and has no width of its own
BAR_WIDTH = 16
NARROW = 100  # characters: below, the headline is worth more than what it is a copy of

# What a page turned out to be → how it is called and coloured.
_LABELS = {
    CANONICAL: ("article", "bold green"),
    "exact": ("copy", "cyan"),
    "near": ("copy", "cyan"),
    "excerpt": ("excerpt", "magenta"),
    "extended": ("extended", "blue"),
}


def make_console(*, stderr: bool = False) -> Console:
    """A console that lays tables out alike on a terminal and in a file."""
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)
    return console


class Screen:
    """Draws events. A context: the status line is there while the context is open.

    Attributes:
        tally: what was counted from the events.
    """

    def __init__(self, console: Console, tally: Tally, *, pages: int, elapsed: Callable[[], float]) -> None:
        """Set up; nothing is drawn before the context is entered.

        Args:
            pages: how many pages there will be.
            elapsed: seconds since the morning began.
        """
        self.tally = tally
        self._console = console
        self._pages = pages
        self._elapsed = elapsed
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def listen(self, event: str, fields: Mapping[str, object]) -> None:
        """The daemon's listener: count the event, print a line when a page is done."""
        page = self.tally.take(event, fields)
        if page is None:
            return
        if self._live is None:
            self._console.print(self._plain(page), soft_wrap=True)
        else:
            self._console.print(self._line(page))

    def refresh(self) -> None:
        """Draw the status line anew; without a terminal there is none."""
        if self._live is not None:
            self._live.update(self._status(), refresh=True)

    def _plain(self, page: PageDone) -> Text:
        label, _ = _label(page)
        note = f' (of "{page.of_title}")' if page.of_title else page.error and f": {page.error}"
        return Text(f"{self._elapsed():5.1f} s  {label:9}  " + escaped(f"{page.site}: {page.title}{note}"))

    def _line(self, page: PageDone) -> Table:
        label, style = _label(page)
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(width=6, justify="right", style="dim", no_wrap=True)
        grid.add_column(width=9, no_wrap=True)
        grid.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
        grid.add_column(width=19, no_wrap=True, overflow="ellipsis")
        cells = [
            Text(f"{self._elapsed():.1f} s"),
            Text(label, style),
            Text(escaped(page.title)),
            Text(escaped(page.site)),
        ]
        if self._console.width >= NARROW:
            grid.add_column(ratio=4, no_wrap=True, overflow="ellipsis", style="dim")
            cells.append(Text(escaped(f"of: {page.of_title}" if page.of_title else page.error)))
        grid.add_row(*cells)
        return grid

    def _status(self) -> Table:
        tally = self.tally
        done = len(tally.pages)
        polls = tally.polls.total()
        grid = Table.grid(padding=(0, 2))
        grid.add_row(
            ProgressBar(total=self._pages, completed=done, width=BAR_WIDTH),
            Text.assemble((f"{done}", "bold"), f" of {self._pages} pages"),
            Text.assemble((f"{len(tally.articles)}", "bold green"), " articles"),
            Text.assemble((f"{tally.copies}", "bold cyan"), " copies"),
            Text.assemble((f"{polls}", "bold"), f" polls ({tally.polls[UNCHANGED]} × 304)"),
        )
        return grid


def _label(page: PageDone) -> tuple[str, str]:
    if page.relation == CANONICAL and page.of_title:
        return "original", "bold green"  # a copy was faster; this text now stands for the article
    return _LABELS.get(page.relation, (page.outcome, "red"))
