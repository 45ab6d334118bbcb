"""``/metrics`` for Prometheus: counts and times by route template; no person, no address, no id."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mokmin.app import App
from mokmin.base.errors import NotSignedIn
from mokmin.governance.access.model import Permission
from mokmin.governance.audit.chain import Detail
from mokmin.governance.people.web import anyone, session_of

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Metrics:
    """The registry of one application."""

    def __init__(self, app: App) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mokmin_requests",
            "Requests by route template and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "mokmin_request_seconds",
            "Seconds until the response had been sent.",
            ["method", "route"],
            registry=self.registry,
        )
        self.answers = Counter(
            "mokmin_answers", "Answers by outcome.", ["mode", "outcome"], registry=self.registry
        )
        self.calls = Counter(
            "mokmin_model_calls",
            "Calls of models by outcome.",
            ["model", "purpose", "outcome"],
            registry=self.registry,
        )
        self.tokens = Counter(
            "mokmin_model_tokens",
            "Tokens of models.",
            ["model", "direction"],
            registry=self.registry,
        )
        self.registry.register(_State(app))

    def heard(self, action: str, subject: str, detail: Detail) -> None:
        """Count an entry of the audit log."""
        if action == "answer":
            outcome = "refused" if detail.get("refused") else "answered"
            self.answers.labels(str(detail.get("mode", "")), outcome).inc()
        elif action == "model.call":
            model = subject.removeprefix("model:")
            purpose = str(detail.get("purpose", ""))
            self.calls.labels(model, purpose, str(detail.get("outcome", "done"))).inc()
            for direction in ("in", "out"):
                count = detail.get(f"tokens_{direction}")
                self.tokens.labels(model, direction).inc(int(count or 0))


class _State(Collector):
    """What is looked up when Prometheus asks."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is looked up while registering."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See ``Collector``."""
        jobs = GaugeMetricFamily("mokmin_jobs", "Jobs by state.", labels=["state"])
        up = GaugeMetricFamily("mokmin_database_up", "Whether the database answers.")
        try:
            for state, count in self._app.queue.counts().items():
                jobs.add_metric([state], count)
            up.add_metric([], 1)
        except DBAPIError:
            up.add_metric([], 0)
        rows = GaugeMetricFamily("mokmin_index_rows", "Passages in the index.")
        try:
            rows.add_metric([], self._app.index.health().passages)
        except (OSError, RuntimeError, ValueError):
            rows.add_metric([], float("nan"))
        memory = GaugeMetricFamily("mokmin_memory_bytes", "Resident memory of this process.")
        memory.add_metric([], _resident())
        yield from (jobs, up, rows, memory)


def _resident() -> float:
    """Bytes of resident memory (proc(5)); not a number where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return float(line.split()[1]) * 1024
    return float("nan")


class MetricsMiddleware:
    """Counts and times requests. What meets no route has the template ``-``."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "-"
            route = str(getattr(scope.get("route"), "path", "") or "-")
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(time.perf_counter() - begin)


def add_metrics(web: FastAPI, app: App) -> None:
    """Add the route and the counting."""
    metrics = Metrics(app)
    app.audit.listeners.append(metrics.heard)
    web.add_middleware(MetricsMiddleware, metrics=metrics)
    allowed = {a.strip() for a in app.settings.metrics_addresses.split(",") if a.strip()}

    @web.get("/metrics", dependencies=[Depends(anyone)], include_in_schema=False)
    def read(request: Request) -> Response:
        session = session_of(request)
        address = request.client.host if request.client else ""
        # Behind a proxy on this machine everybody would come from here.
        direct = not any(name in request.headers for name in FORWARDED)
        by_right = session is not None and session.principal.may(Permission.ADMINISTER)
        if not by_right and not (direct and address in allowed):
            raise NotSignedIn("이 주소에서는 지표를 볼 수 없습니다. 관리자에게 알려 주세요.")
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
