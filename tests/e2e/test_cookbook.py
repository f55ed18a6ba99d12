"""Every query and command of the cookbook runs on the demonstration archive, and gives the columns that it says."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cookbook import commands, make_archive, queries, questions, text
from tests.running import ingest

# Questions that are about commands alone, or that ask for what a short morning has not: rows are no matter there.
MAY_BE_EMPTY = {"13"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration archive with a few records more: a wire's, revised ones, days, refused ones, a kept page."""
    return make_archive(tmp_path_factory.mktemp("cookbook"))


def test_all_questions_are_answered() -> None:
    assert sorted(questions()) == list(range(1, 26))
    answered = {query.question for query in queries()} | {question for question, _ in commands()}
    assert answered == set(questions())


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.name)
def test_a_query_runs_and_has_rows(demo: Path, query: object) -> None:
    found = next(each for each in queries() if each == query)
    with closing(sqlite3.connect(f"{demo.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(found.sql).fetchall()
        columns = [column[0] for column in connection.execute(found.sql).description]
    assert rows or found.name in MAY_BE_EMPTY
    assert found.output[:1] == [" ".join(columns)], "run `python -m tests.cookbook` to write the outputs anew"


@pytest.mark.parametrize(("question", "line"), commands())
def test_a_command_is_one_that_there_is(demo: Path, tmp_path: Path, question: int, line: str) -> None:
    words = shlex.split(line.split(" > ")[0])
    if words[0] == "ingest":
        help_ = ingest(words[1], "--help").stdout
        for option in (word for word in words if word.startswith("--") and word != "--db"):
            assert option in help_, line
    elif words[0] == "sqlite-utils":
        assert words[1] in ("query", "insert")
        if words[1] == "query" and "outlets" not in line:
            done = subprocess.run(
                [sys.executable, "-m", "sqlite_utils", "query", demo, *words[3:]], capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout
    else:
        assert words[0] in ("python", "duckdb")


def test_the_example_commands_work_on_the_archive(demo: Path, tmp_path: Path) -> None:
    two = "https://afp.com/velmar", "https://echo.example/velmar"
    assert '"sentences"' in ingest("explain", *two, "--json", "--db", demo).stdout
    assert "Landslide, later" in ingest("diff", "https://herald.example/velmar", "--db", demo).stdout
    drawn = ingest("sample", "--count", "10", "--db", demo).stdout
    (tmp_path / "pairs.csv").write_text(re.sub(r"^(https?:[^,]*,https?:[^,]*),", r"\1,copy", drawn, flags=re.MULTILINE))
    for coder in ("anna", "ben"):
        ingest("judge", tmp_path / "pairs.csv", "--coder", coder, "--db", demo)
    assert "kappa" in ingest("agreement", "--db", demo).stdout


def test_the_readme_leads_there() -> None:
    assert "cookbook.md" in (Path(__file__).parents[2] / "README.md").read_text()
    assert text().startswith("# ")
