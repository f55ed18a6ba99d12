"""In any language: a copy is found however it is cut and ordered; another report and a follow-up stay apart."""

from __future__ import annotations

import random
import runpy
from pathlib import Path

import pytest

import ingest
from tests.dedup.languages import REPORTS, Report

KINDS = ("verbatim", "trimmed", "re-ordered")


def texts(report: Report, between: str = " ") -> dict[str, str]:
    """A report and what is made of it; `between`: sentences."""
    told, other = report.told(report.event), report.told(report.other)
    shuffled = [*told]
    random.Random(1).shuffle(shuffled)

    def text(*paragraphs: list[str]) -> str:
        return "\n\n".join(between.join(sentences) for sentences in paragraphs)

    return {
        "report": text(told[:3], told[3:6], told[6:]),
        "verbatim": text(told),
        "trimmed": text(told[:2], told[5:6] + told[2:4]),
        "re-ordered": text(shuffled[: len(told) * 3 // 4]),
        "template": text(other[:3], other[3:6], other[6:]),
        "follow-up": text([*report.later], [told[0], told[-1]]),
    }


def check(report: Report, between: str = " ") -> None:
    made = texts(report, between)
    sites = [f"site{number}.example" for number in range(len(made))]
    found = ingest.dedup([*made.values()], ids=[*made], sites=sites)
    groups = {frozenset(str(name) for name in group) for group in found.groups}
    assert groups == {frozenset(("report", *KINDS)), frozenset(("template",)), frozenset(("follow-up",))}


@pytest.mark.parametrize("language", REPORTS)
def test_copies_are_told_from_look_alikes(language: str) -> None:
    check(REPORTS[language])


def test_the_languages_of_the_real_material(shared: Path) -> None:
    reports = runpy.run_path(str(shared / "cases" / "multilingual" / "texts.py"))["L"]
    assert len(reports) >= 10
    for each in reports.values():
        template = tuple(sentence for paragraph in each["T"] for sentence in paragraph)
        check(Report(template, each["A"], each["B"], tuple(each["F"])), each["sep"])
