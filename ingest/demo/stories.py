"""The newsroom's stories, read from the package's data: each with the versions that sites carry. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.errors import IngestError


@dataclass(frozen=True, slots=True)
class Publication:
    """A story as one site carries it.

    Attributes:
        story: the story's id: publications of one story are copies of one text.
        site: the site's id.
        minute: minutes after the newsroom's morning began at which the site lists it.
        days_ago: the date printed on it is so many days earlier.
        byline: as printed; "" for none.
        wire: whether the text, or most of it, came from the wire.
    """

    story: str
    site: str
    minute: float
    days_ago: int
    language: str
    title: str
    byline: str
    paragraphs: tuple[str, ...]
    wire: bool


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A story that must stay apart from another one, and why."""

    story: str
    other: str
    why: str


@dataclass(frozen=True, slots=True)
class Story:
    """A text and everybody who carries it, the earliest first."""

    id: str
    title: str
    publications: tuple[Publication, ...]
    unlike: tuple[LookAlike, ...]


class _Carrier(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    site: str
    minute: float
    title: str | None = None
    byline: str | None = None
    # Numbers name paragraphs of the story's text, from 1, in the order printed; texts are the site's own.
    body: tuple[int | str, ...] | None = None
    words: dict[str, str] = {}


class _Unlike(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    story: str
    why: str


class _StoryFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    language: str
    title: str
    byline: str = ""
    days_ago: int = 0
    text: str
    carriers: tuple[_Carrier, ...]
    unlike: tuple[_Unlike, ...] = ()


@cache
def load_stories() -> tuple[Story, ...]:
    """All stories of the package, in the order of their first publication.

    Raises:
        IngestError: naming the data file that is not of the form asked for.
    """
    files = (resources.files("ingest.demo") / "stories").iterdir()
    stories = [
        _read(file.name, yaml.safe_load(file.read_text("utf-8"))) for file in files if file.name.endswith(".yaml")
    ]
    return tuple(sorted(stories, key=lambda story: story.publications[0].minute))


def morning_minutes() -> float:
    """Minutes from the first publication of the morning to the last."""
    return max(publication.minute for story in load_stories() for publication in story.publications)


def _read(name: str, value: Any) -> Story:
    try:
        story = _StoryFile.model_validate(value)
        paragraphs = tuple(part.strip() for part in story.text.split("\n\n"))
        carriers = sorted(story.carriers, key=lambda carrier: carrier.minute)
        by_wire = len({carrier.site for carrier in carriers}) > 1
        return Story(
            id=story.id,
            title=story.title,
            publications=tuple(_publication(story, paragraphs, carrier, by_wire) for carrier in carriers),
            unlike=tuple(LookAlike(story.id, unlike.story, unlike.why) for unlike in story.unlike),
        )
    except (ValidationError, IndexError) as error:
        raise IngestError(f"ingest/demo/stories/{name}: {error}") from error


def _publication(story: _StoryFile, paragraphs: Sequence[str], carrier: _Carrier, by_wire: bool) -> Publication:
    body = range(1, len(paragraphs) + 1) if carrier.body is None else carrier.body
    printed = [paragraphs[part - 1] if isinstance(part, int) else part for part in body]
    return Publication(
        story=story.id,
        site=carrier.site,
        minute=carrier.minute,
        days_ago=story.days_ago,
        language=story.language,
        title=carrier.title or story.title,
        byline=carrier.byline if carrier.byline is not None else story.byline,
        paragraphs=tuple(_reworded(text, carrier.words) for text in printed),
        wire=by_wire,
    )


def _reworded(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text
