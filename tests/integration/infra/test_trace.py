"""Steps of sessions, told to a collector over real HTTP and read by OpenTelemetry's schema."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.collector import Collector, attributes, collecting

from platone.infra.free_port import free_port
from platone.infra.http.trace_parent import TraceParents
from platone.infra.trace.open_telemetry import OpenTelemetry
from platone.infra.trace.step import (
    PARENT,
    Step,
    TracedSession,
    current_parent,
    following,
    session_parent,
    step,
    tell_session,
    trace_by,
)
from platone.kernel.errors import NotOwner
from platone.kernel.session_window import real_time_window
from platone.market.domain.calendar import session_of
from platone.messages.base import MarketType

START = datetime(2021, 6, 23, 8, tzinfo=UTC)
SESSION = TracedSession(MarketType.REAL_TIME, START)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
async def traced(collector: Collector) -> AsyncIterator[OpenTelemetry]:
    tracing = OpenTelemetry(collector.endpoint, "party", "1")
    trace_by(tracing)
    yield tracing
    trace_by(None)
    await tracing.stop()


async def test_steps_of_a_session_are_one_trace_below_its_own_span(
    collector: Collector, traced: OpenTelemetry
) -> None:
    tell_session(SESSION)
    elsewhere = TracedSession(SESSION.market_type, START.astimezone(timezone(timedelta(hours=2))))
    for kind, session in ((Step.REQUEST, SESSION), (Step.CLEARING, elsewhere)):
        with step(kind, session):
            pass
    await traced.stop()
    told = {span.name: span for _, span in collector.spans}
    assert list(told) == ["session", "request", "clearing"]
    (trace,) = {span.trace_id.hex() for span in told.values()}
    window = real_time_window(START, "UTC")
    assert trace.startswith(session_of(MarketType.REAL_TIME, window).id)
    root = told["session"]
    assert root.parent_span_id == b""
    assert {told[name].parent_span_id for name in ("request", "clearing")} == {root.span_id}
    assert attributes(told["clearing"]) == {
        "platone.step": "clearing",
        "platone.session": "realTime/2021-06-23T08:00:00+00:00",
    }
    assert {name for name, _ in collector.spans} == {"party"}


async def test_a_call_within_a_step_carries_it_to_the_party_that_is_called(
    collector: Collector, traced: OpenTelemetry
) -> None:
    app = FastAPI()
    app.add_middleware(TraceParents)

    @app.post("/pay")
    async def pay() -> None:
        with step(Step.PAYMENT):
            pass

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://ledger.test") as client:
        with step(Step.SETTLEMENT, SESSION):
            await client.post("/pay", headers={PARENT: current_parent()})
        for shown in ({}, {PARENT: "00-zz-1-01"}, {PARENT: f"00-{'0' * 32}-{'1' * 16}-01"}):
            await client.post("/pay", headers=shown)  # nobody knows whose payment it is
    await traced.stop()
    told = {span.name: span for _, span in collector.spans}
    assert len(collector.spans) == 2
    assert told["payment"].parent_span_id == told["settlement"].span_id
    assert told["payment"].trace_id == told["settlement"].trace_id


async def test_a_step_within_one_is_below_it_and_of_another_session_it_is_not(
    collector: Collector, traced: OpenTelemetry
) -> None:
    other = TracedSession(SESSION.market_type, START + timedelta(hours=4))
    with step(Step.SETTLEMENT, SESSION):
        with step(Step.METERING, SESSION):
            pass
        with step(Step.METERING, other):
            pass
    await traced.stop()
    own, others, outer = (span for _, span in collector.spans)
    assert (own.parent_span_id, own.trace_id) == (outer.span_id, outer.trace_id)
    assert others.trace_id.hex() == session_parent(other)[3:35]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(NotOwner("IT002E61899978 of Maria"), "not-owner"), (ValueError("Maria"), "ValueError")],
)
async def test_what_fails_is_told_by_its_kind_and_never_by_its_words(
    collector: Collector, traced: OpenTelemetry, error: Exception, kind: str
) -> None:
    with pytest.raises(type(error)), step(Step.OFFER, SESSION):
        raise error
    await traced.stop()
    ((_, span),) = collector.spans
    assert attributes(span)["error.type"] == kind
    assert span.status.code == 2
    assert b"Maria" not in span.SerializeToString()


async def test_a_collector_that_is_away_holds_up_nobody() -> None:
    tracing: Any = OpenTelemetry(f"http://127.0.0.1:{free_port('127.0.0.1')}", "party", "1")
    trace_by(tracing)
    for _ in range(10_000):  # were each to wait five seconds for it, this would last half a day
        with step(Step.OFFER, SESSION):
            pass
    (processor,) = tracing._provider._active_span_processor._span_processors
    assert len(processor._batch_processor._queue) <= 2_048
    trace_by(None)
    async with asyncio.timeout(30):
        await tracing.stop()


def test_nothing_is_imported_or_told_where_it_is_not_chosen() -> None:
    program = """
import sys
from platone.bootstrap.platform import Platform
from platone.infra.trace.step import Step, current_parent, step
with step(Step.PAYMENT):
    assert current_parent() == ""
rooms = ("opentelemetry.sdk", "opentelemetry.exporter", "platone.infra.trace.open_telemetry")
print([name for name in sys.modules if name.startswith(rooms)])
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_tracing_no_caller_is_followed() -> None:
    with step(Step.OFFER, SESSION):
        assert current_parent() == ""
    with following("nonsense"):
        assert current_parent() == ""
