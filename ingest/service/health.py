"""HTTP for the operator: /healthz, /readyz, /metrics, on loopback or a unix socket; off unless configured."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

from ingest.acquire.port import Limits, Port
from ingest.events import Listener, tell_nobody

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LIMITS = Limits(connections=64)  # a scraper and some probes, with room for those that hang

# A page in somebody's browser can make it talk to loopback under a name of the attacker's own (DNS
# rebinding): only these names and literal addresses are answered.
LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})


class HealthServer:
    """Serves while it is entered.

    Args of the constructor:
        listen: "127.0.0.1:8125", "[::1]:8125" or "unix:/run/ingest/health.sock".
        health: None when all is well, else what is wrong.
        ready: the same for readiness.
        metrics: the metrics page.
        limits: what the port gives to those who connect.
        tell: what the port reports, see `Port`.
    """

    def __init__(
        self,
        listen: str,
        *,
        health: Callable[[], str | None],
        ready: Callable[[], str | None],
        metrics: Callable[[], Awaitable[bytes]],
        limits: Limits = LIMITS,
        tell: Listener = tell_nobody,
    ) -> None:
        self._metrics = metrics
        app = web.Application(middlewares=[refuse_foreign_hosts])
        app.router.add_get("/healthz", self._answer(health))
        app.router.add_get("/readyz", self._answer(ready))
        app.router.add_get("/metrics", self._serve_metrics)
        self._port = Port(app, listen, limits, setting="service.listen", tell=tell)

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            ConfigError: when the address cannot be listened on.
        """
        await self._port.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._port.__aexit__()

    def _answer(self, check: Callable[[], str | None]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(_: web.Request) -> web.Response:
            problem = check()
            return web.Response(status=503 if problem else 200, text=f"{problem or 'ok'}\n")

        return handle

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._metrics(), headers={"Content-Type": METRICS_TYPE})


@web.middleware
async def refuse_foreign_hosts(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer only requests whose Host header is a literal address or a loopback name."""
    if not is_local_host(request.host):
        raise web.HTTPMisdirectedRequest(text="this port answers to its address only\n")
    return await handler(request)


def is_local_host(host: str) -> bool:
    """Whether a Host header names a literal address or loopback; an attacker's page can send neither."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 or (host.startswith("[") and "]:" in host) else host
    name = name.strip("[]").rstrip(".").lower()
    if name in LOCAL_NAMES or not name:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
