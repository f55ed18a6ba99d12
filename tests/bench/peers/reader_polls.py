"""The peer `reader` on the same feeds: `python reader_polls.py FEEDS PORT PASSES WORKERS`. Prints one JSON object."""

from __future__ import annotations

import json
import logging
import resource
import sys
import tempfile
import time
from pathlib import Path

from reader import make_reader


def main() -> None:
    feeds, port, count, workers = map(int, sys.argv[1:5])
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder) / "reader.sqlite"))
        for number in range(feeds):
            host = f"127.{number // 62_500 + 1}.{number // 250 % 250}.{number % 250 + 1}"
            reader.add_feed(f"http://{host}:{port}/feed/{number}", allow_invalid_url=True)
        seconds, failed = [], 0
        for _ in range(count):
            begun = time.perf_counter()
            for result in reader.update_feeds_iter(scheduled=False, workers=workers):
                failed += isinstance(result.value, Exception)
            seconds.append(time.perf_counter() - begun)
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "failed": failed,
                    "entries": reader.get_entry_counts().total,
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
                }
            )
        )
        reader.close()


if __name__ == "__main__":
    main()
