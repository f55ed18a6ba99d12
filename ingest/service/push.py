"""WebSub in the daemon: keeps subscriptions alive, listens to the hubs, hands pushes to the engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from ingest.acquire.http import HttpClient
from ingest.acquire.websub import RENEW_BEFORE, Listener, Subscription, new_subscription, request, wants_request
from ingest.errors import FetchError, IngestError, NotAskedError
from ingest.events import Listener as Tell
from ingest.events import tell_nobody
from ingest.settings import Settings
from ingest.store.database import Call
from ingest.store.polls import poll_soon
from ingest.store.subscriptions import (
    MAX_AT_ONCE,
    SubscriptionRow,
    change_subscription,
    count_push,
    hubs_to_join,
    save_subscription,
    subscription_by_token,
    subscriptions,
)


class Push:
    """The subscriber; use as `async with Push(...)`, and call `renew` now and then.

    Attributes:
        next_look_s: within how many seconds `renew` wants to be called again; None: any time will do.

    Args:
        take: what to do with a pushed document: feed id, body, content type.
        sparing: a listener for what may happen by the thousand at the port.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        client: HttpClient,
        call: Call,
        take: Callable[[int, bytes, str], Awaitable[None]],
        tell: Tell,
        clock: Callable[[], datetime],
        sparing: Tell = tell_nobody,
    ) -> None:
        self._settings = settings.websub
        self._min_interval_s = settings.poll.min_interval
        self._client = client
        self._call = call
        self._take = take
        self._tell = tell
        self._sparing = sparing
        self._clock = clock
        self.next_look_s: float | None = None
        self.listener = Listener(
            settings.websub,
            find=self._find,
            confirm=self._confirm,
            push=self._pushed,
            missed=self._missed,
            max_bytes=settings.fetch.max_feed_bytes,
            clock=clock,
            tell=sparing,
        )

    async def __aenter__(self) -> Self:
        await self.listener.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.listener.__aexit__(kind, error, trace)

    async def renew(self) -> int:
        """Ask the hubs that are to be asked now; how many there were."""
        for feed_id, hub, topic in await self._call(hubs_to_join):
            await self._save(new_subscription(feed_id, hub, topic))
        now, asked_for = self._clock(), timedelta(seconds=self._settings.lease)
        known = [Subscription(**row) for row in await self._call(subscriptions)]
        due = [one for one in known if wants_request(one, now, _granted(one) or asked_for)][:MAX_AT_ONCE]
        # Two looks in the time that is left to renew a lease: none of them ends between two looks.
        leases = [lease.total_seconds() for one in known if (lease := _granted(one))]
        self.next_look_s = min(leases) * RENEW_BEFORE / 2 if leases else None
        resting: set[str] = set()
        for subscription in due:
            if subscription.hub not in resting and not await self._ask(subscription):
                resting.add(subscription.hub)  # the others of this hub would be told the same
        return len(due)

    async def _ask(self, subscription: Subscription) -> bool:
        """Ask a hub; whether it could be asked at all."""
        asked = replace(subscription, requested_at=self._clock(), requests=subscription.requests + 1, error=None)
        await self._save(asked)  # before the request: the hub's check may come before its answer
        try:
            await request(self._client, asked, self._settings)
        except FetchError as error:
            counted = subscription if isinstance(error, NotAskedError) else asked
            await self._save(replace(counted, error=str(error)))
            self._tell("hub_failed", {"feed": asked.feed_id, "hub": asked.hub, "error": str(error)})
            return counted is asked
        self._tell("hub_asked", {"feed": asked.feed_id, "hub": asked.hub})
        return True

    async def _find(self, token: str) -> Subscription | None:
        row = await self._call(subscription_by_token, token)
        return Subscription(**row) if row is not None else None

    async def _confirm(self, subscription: Subscription, until: datetime | None, error: str | None) -> None:
        if not _is_news(subscription, until) or not await self._change(subscription, until, error):
            self._sparing("hub_repeats", {"feed": subscription.feed_id})
            return
        self._tell(
            "hub_answered", {"feed": subscription.feed_id, "hub": subscription.hub, "until": until, "error": error}
        )

    async def _change(self, before: Subscription, until: datetime | None, error: str | None) -> bool:
        # Compared when it is written: many answers at once were all read before the first one was heard.
        requests = 0 if until is not None else before.requests
        after = replace(before, lease_until=until, requests=requests, error=error)
        return await self._call(change_subscription, _row(before), _row(after))

    async def _pushed(self, subscription: Subscription, body: bytes, content_type: str) -> None:
        try:
            await self._call(count_push, subscription.feed_id, self._clock())
            await self._take(subscription.feed_id, body, content_type)
        except (IngestError, sqlite3.Error) as error:  # the border of one push: polling brings what it held
            self._tell("push_failed", {"feed": subscription.feed_id, "error": repr(error)})

    async def _missed(self, feed_id: int) -> None:
        try:
            await self._call(poll_soon, feed_id, self._clock(), self._min_interval_s)
        except (IngestError, sqlite3.Error) as error:  # it is polled in its own time then
            self._tell("push_failed", {"feed": feed_id, "error": repr(error)})

    async def _save(self, subscription: Subscription) -> None:
        await self._call(save_subscription, _row(subscription))


def _row(subscription: Subscription) -> SubscriptionRow:
    fields: Any = asdict(subscription)
    row: SubscriptionRow = fields
    return row


def _is_news(subscription: Subscription, until: datetime | None) -> bool:
    """Whether an answer changes something: whoever has the callback's URL can say it a thousand times a second."""
    if until is not None:
        return subscription.requests > 0  # else no request of ours is open
    return subscription.lease_until is not None or subscription.error is None  # else refused, or failed, already


def _granted(subscription: Subscription) -> timedelta | None:
    """The lease that a hub has agreed to, which may be shorter than what was asked for; None while it is asked."""
    asked, until = subscription.requested_at, subscription.lease_until
    if asked is None or until is None or subscription.requests or until <= asked:
        return None
    return until - asked
