"""A simulated month of 500 feeds: our cadence against polling every hour. `make bench-cadence`.

The generator (seeded; every figure below is a parameter of `Publisher`):
- the mean rate of a feed is log-normal, median 8 entries a day, sigma 1.3 (a few bring hundreds a
  day, many one or two), cut at 400;
- over the day the rate follows a newsroom's rhythm (a tenth at night, full from 7 to 19 h), shifted by
  the feed's time zone; at weekends it falls to 30–100 %;
- bursts: once in 2–20 days, for 1–6 hours, 4–12 times the usual rate;
- one feed in five sleeps for 3–15 days somewhere in the month;
- the window (entries listed) is 10 (a third of the feeds), 15, 20, 25, 30, 50 or 100;
- one feed in ten asks for a `ttl` of 60 minutes, one in twenty sends `max-age=900`, one in fifty names
  skipHours 0–5;
- a poll is answered 304 when nothing has changed (validators work everywhere);
- one poll in 200 fails with a timeout; nothing is down for long.

An entry is missed when it left the window before any poll saw it.
"""

from __future__ import annotations

import json
import math
import random
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.acquire.cadence import Seen, after_success, estimate_missed, span_of
from ingest.acquire.poll import failed
from ingest.model import FeedHints, FeedState, Outcome
from ingest.settings import PollSettings

FEEDS = 500
DAYS = 30
START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
SEED = 20260302
FAILURES = 1 / 200
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Publisher:
    """One feed's month: when each entry appears, and what the feed shows and asks."""

    times: tuple[float, ...]  # seconds from START, ascending
    window: int
    hints: FeedHints
    max_age: float


def publisher(rng: random.Random, days: int = DAYS) -> Publisher:
    per_day = min(400.0, math.exp(rng.gauss(math.log(8), 1.3)))
    zone, weekend = rng.uniform(-12, 12), rng.uniform(0.3, 1.0)
    bursts = []
    at = rng.uniform(0, 20) * DAY_S
    while at < days * DAY_S:
        bursts.append((at, at + rng.uniform(1, 6) * 3600, rng.uniform(4, 12)))
        at += rng.uniform(2, 20) * DAY_S
    asleep = (0.0, 0.0)
    if rng.random() < 0.2:
        begin = rng.uniform(0, days - 3) * DAY_S
        asleep = (begin, begin + rng.uniform(3, 15) * DAY_S)

    def rate(moment: float) -> float:
        hour = (moment / 3600 + zone) % 24
        day = 0.1 if hour < 6 or hour >= 23 else 0.55 if hour < 7 or hour >= 19 else 1.0
        week = weekend if int(moment // DAY_S) % 7 >= 5 else 1.0
        burst = max((factor for begin, end, factor in bursts if begin <= moment < end), default=1.0)
        sleeping = asleep[0] <= moment < asleep[1]
        return 0.0 if sleeping else per_day / DAY_S * 1.5 * day * week * burst

    ceiling = per_day / DAY_S * 1.5 * 12
    times, now = [], 0.0
    while True:  # a Poisson process of varying rate, by thinning
        now += rng.expovariate(ceiling)
        if now >= days * DAY_S:
            break
        if rng.random() < rate(now) / ceiling:
            times.append(now)
    asks = rng.random()
    hints = FeedHints(
        ttl_s=3600.0 if asks < 0.1 else None, skip_hours=frozenset(range(6)) if 0.1 <= asks < 0.12 else frozenset()
    )
    window = rng.choice((10, 10, 10, 15, 20, 25, 30, 50, 100))
    return Publisher(tuple(times), window, hints, 900.0 if 0.2 <= asks < 0.25 else 0.0)


@dataclass(slots=True)
class Tally:
    """What a month of polling came to."""

    requests: int = 0
    unchanged: int = 0
    published: int = 0
    missed: int = 0
    estimated: int = 0
    delay_s: float = 0.0  # from an entry's appearance to the poll that saw it, summed
    seen: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, float]:
        return {
            "requests": self.requests,
            "requests_per_feed_day": round(self.requests / FEEDS / DAYS, 2),
            "share_304": round(self.unchanged / max(self.requests, 1), 3),
            "published": self.published,
            "missed": self.missed,
            "missed_per_10000": round(self.missed / max(self.published, 1) * 1e4, 1),
            "estimated_missed": self.estimated,
            "mean_delay_minutes": round(self.delay_s / max(self.seen, 1) / 60, 1),
        }


class Watch:
    """What polls have seen of one publisher."""

    def __init__(self, source: Publisher) -> None:
        self.source = source
        self.upto = 0  # entries published before the last poll
        self.tally = Tally(published=len(source.times))

    def poll(self, moment: float) -> Seen:
        """What a poll sees; counts what was lost and how late the rest is."""
        times = self.source.times
        published = bisect_right(times, moment)
        first = max(0, published - self.source.window)
        new = range(max(self.upto, first), published)
        self.tally.requests += 1
        self.tally.missed += max(0, first - self.upto)
        self.tally.delay_s += sum(moment - times[index] for index in new)
        self.tally.seen += len(new)
        self.upto = published
        if not new:
            self.tally.unchanged += 1
        dated = [START + timedelta(seconds=moment) for moment in times[first:published]] if new else []
        return Seen(published - first if new else 0, len(new), span_of(dated))


def adaptive(source: Publisher, settings: PollSettings, rng: random.Random) -> Tally:
    """A month under our cadence: the code of the daemon, fed with what a poll would see."""
    watch = Watch(source)
    feed = FeedState(id=1, url=f"http://feed.example/{rng.random()}")
    moment = rng.uniform(0, settings.interval)
    while moment < DAYS * DAY_S:
        now = START + timedelta(seconds=moment)
        if rng.random() < FAILURES:
            watch.tally.requests += 1
            feed = failed(feed, Outcome.TIMEOUT, "", now, settings).after
        else:
            seen = replace(watch.poll(moment), first=feed.last_ok_at is None)
            watch.tally.estimated += estimate_missed(feed, seen, now)
            plan = after_success(feed, seen, now, settings, hints=source.hints, fresh_s=source.max_age)
            feed = replace(
                feed,
                interval_s=plan.interval_s,
                gap_s=plan.gap_s,
                window=seen.listed or feed.window,
                next_poll_at=plan.next_poll_at,
                last_ok_at=now,
                last_new_at=now if seen.new else feed.last_new_at,
                errors=0,
                trouble=0.0,
            )
        assert feed.next_poll_at is not None
        moment = (feed.next_poll_at - START).total_seconds()
    return watch.tally


def hourly(source: Publisher, rng: random.Random) -> Tally:
    """A month of polls every hour."""
    watch = Watch(source)
    moment = rng.uniform(0, 3600)
    while moment < DAYS * DAY_S:
        if rng.random() < FAILURES:
            watch.tally.requests += 1
        else:
            watch.poll(moment)
        moment += 3600
    return watch.tally


def simulate(feeds: int = FEEDS, seed: int = SEED) -> tuple[Tally, Tally]:
    """`(ours, hourly)` over the same publishers."""
    rng = random.Random(seed)
    ours, fixed = Tally(), Tally()
    for _ in range(feeds):
        source = publisher(rng)
        ours.add(adaptive(source, PollSettings(), random.Random(rng.random())))
        fixed.add(hourly(source, random.Random(rng.random())))
    return ours, fixed


def main() -> None:
    ours, fixed = simulate()
    rows = {"ingest": ours.figures(), "hourly": fixed.figures()}
    print(f"{FEEDS} feeds, {DAYS} days, seed {SEED}")
    for name in rows["ingest"]:
        print(f"{name:24}{rows['ingest'][name]:>14,}{rows['hourly'][name]:>14,}")
    report = {
        "bench": "cadence",
        "unit": "requests of ingest / requests of hourly polling, same feeds and month; lower is better",
        "ratio": round(ours.requests / fixed.requests, 3),
        **{f"{name}_{key}": value for name, figures in rows.items() for key, value in figures.items()},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
