"""What may come by the thousand is told a few times, and then counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ingest.service.metrics import Metrics
from ingest.service.ration import Ration, Sparing
from tests.e2e.test_service import wait_for


def test_the_rest_is_told_when_the_window_is_over_though_nothing_more_comes() -> None:
    rest: list[tuple[str, int]] = []
    ration: Ration[str] = Ration(2, lambda kind, count: rest.append((kind, count)), window_s=0.3)
    assert [ration.admits("a") for _ in range(5)] == [True, True, False, False, False]
    assert ration.admits("b")
    assert rest == []
    wait_for(lambda: rest == [("a", 3)], 5)
    assert ration.admits("a"), "a new window"


def test_threads_lose_no_count() -> None:
    rest: list[int] = []
    ration: Ration[str] = Ration(1, lambda _, count: rest.append(count))
    admitted: list[bool] = []
    threads = [
        threading.Thread(target=lambda: admitted.extend(ration.admits("a") for _ in range(1000))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ration.tell_rest()
    assert admitted.count(True) == 1
    assert rest == [7999]


def test_an_event_is_told_at_once_and_then_with_its_number() -> None:
    metrics = Metrics()
    told: list[tuple[str, Mapping[str, object]]] = []

    def listen(event: str, fields: Mapping[str, object]) -> None:
        metrics.listen(event, fields)
        told.append((event, fields))

    sparing = Sparing(listen, window_s=0.2)
    for _ in range(100):
        sparing("port_full", {"port": "service.listen", "most": 64})
    sparing("machine_short", {"error": "Too many open files"})
    assert [fields["times"] for _, fields in told] == [1, 1]
    time.sleep(0.3)
    sparing.close()
    assert told[2:] == [("port_full", {"port": "service.listen", "most": 64, "times": 99})]
    page = metrics.render({}).decode()
    assert 'ingest_connections_refused_total{port="service.listen"} 100.0' in page
    assert "ingest_machine_short_total 1.0" in page


def test_what_is_logged_while_one_is_counted_does_not_wait_for_itself() -> None:
    told: list[tuple[object, int]] = []
    ration: Ration[object] = Ration(1, lambda kind, count: told.append((kind, count)))

    class Kind:
        """As a finalizer that the garbage collector runs in the midst of counting."""

        def __hash__(self) -> int:
            ration.admits("finalizer")
            return 1

    thread = threading.Thread(target=lambda: [ration.admits(Kind()) for _ in range(3)], daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    ration.tell_rest()
    assert "finalizer" in dict(told)
