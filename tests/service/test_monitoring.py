"""The shipped dashboard and alert rules name only metrics that a running daemon really has."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from pathlib import Path

import pytest
import yaml

from ingest.model import NOT_ASKED
from ingest.service.metrics import Metrics, process_gauges
from tests.conftest import ROOT
from tests.e2e.test_service import daemon, wait_for
from tests.newsroom import running_newsroom, write_config
from tests.running import rows, stop

FOLDER = ROOT / "systemd" / "monitoring"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "prometheus-alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
EXPRESSIONS = {
    **{panel["title"]: " ".join(target["expr"] for target in panel["targets"]) for panel in DASHBOARD["panels"]},
    **{rule["alert"]: rule["expr"] for rule in RULES},
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """/metrics of a daemon that has polled a newsroom and folded its copies."""
    folder = tmp_path_factory.mktemp("metrics")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_newsroom() as newsroom:
        config = write_config(folder, newsroom)
        config.write_text(config.read_text().replace("service: {", f"service: {{listen: '127.0.0.1:{port}', "))
        with daemon(config, folder / "a.db", folder / "log") as process:
            wait_for(lambda: rows(folder / "a.db", "SELECT count(*) > 5 FROM copies") == [(1,)])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                text: str = answer.read().decode()
            assert stop(process, 10) == 0
    return text


def names(text: str) -> set[str]:
    return set(re.findall(r"\bingest_\w+", text))


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_every_metric_that_is_named_exists(page: str, title: str) -> None:
    declared = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    declared |= {f"{name}_{part}" for name in declared for part in ("bucket", "sum", "count")}
    for name in names(EXPRESSIONS[title]):
        assert name in declared, f"{title}: {name}"


def test_every_label_that_is_named_exists(page: str) -> None:
    for title, expression in EXPRESSIONS.items():
        for name, labels in re.findall(r"(ingest_\w+)\{([^}]*)\}", expression):
            for label in re.findall(r"(\w+)\s*[=!]~?", labels):
                if label != "job" and re.search(rf"^{name}\{{", page, re.MULTILINE):
                    assert re.search(rf"^{name}\{{.*\b{label}=", page, re.MULTILINE), f"{title}: {name}.{label}"


def test_outcomes_latency_extraction_and_copies_are_counted(page: str) -> None:
    for pattern in (
        r'ingest_polls_total\{outcome="ok"\} [1-9]',
        r"ingest_poll_seconds_count [1-9]",
        r"ingest_extract_seconds_count [1-9]",
        r"ingest_store_seconds_count [1-9]",
        r"ingest_candidates_count [1-9]",
        r'ingest_entries_total\{outcome="canonical"\} [1-9]',
        r'ingest_copies_total\{relation="\w+"\} [1-9]',
        r"ingest_log_bytes \d",
        r"ingest_database_bytes [1-9]",
        r"ingest_resident_bytes [1-9]",
        r"ingest_store_writable 1",
    ):
        assert re.search(f"^{pattern}", page, re.MULTILINE), pattern


def test_alert_rules_are_complete() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_polls_that_were_not_made_count_neither_as_failed_nor_as_polls() -> None:
    failed, all_ = re.findall(r'outcome!~"([^"]+)"', EXPRESSIONS["IngestPollsFail"])
    assert set(all_.split("|")) == set(NOT_ASKED)
    assert set(failed.split("|")) == {*NOT_ASKED, "ok", "not_modified"}


def test_every_gauge_says_what_it_is() -> None:
    page = Metrics().render({"log_bytes": 1, **process_gauges()}).decode()
    assert "# HELP ingest_log_bytes Size of the write-ahead log." in page
    assert Path(FOLDER / "prometheus-alerts.yaml").stat().st_size > 1000
