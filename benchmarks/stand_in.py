"""A market's partners as stand-ins that answer at once: customers, DSO, ledger, aggregators."""

from datetime import datetime
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from platone.kernel.market_time import QUARTER_HOUR
from platone.messages.ledger import PaidLine, SettlementOrder, SettlementReceipt
from platone.messages.market import RecordedSession
from platone.messages.registry import Measurement, MeasurementBatch

_DELIVERED = 0.9
"""Part of its baseline that a point of delivery consumes, whatever it sold."""
_WH_OF_KW = 250
"""Energy of a quarter-hour at 1 kW, Wh."""


class StandIn:
    """Everybody that a market calls.

    Args:
        recorded: Whose baselines customers knows.

    Attributes:
        start: Start of the day that they are of.
        curves: The baselines, kW, by point of delivery.
        outcomes: The bodies of outcomes that the DSO was sent.
        settlements: The lengths of settlements that aggregators were sent, bytes.
        paid: How many lines the ledger paid.
    """

    def __init__(self, recorded: RecordedSession) -> None:
        self.start = recorded.session.start_time
        self.curves = {pod.pod_id: pod.power_baseline for pod in recorded.pods}
        self.outcomes: list[bytes] = []
        self.settlements: list[int] = []
        self.paid = 0
        self.app = FastAPI()
        self._customers()
        self._ledger()

        @self.app.post("/oauth2/token")
        async def token() -> dict[str, Any]:
            return {"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "scope": ""}

        @self.app.post("/api/dso/marketOutcome")
        async def outcome(request: Request) -> Response:
            self.outcomes.append(await request.body())
            return _taken()

        @self.app.post("/api/aggregator/settlement")
        async def settlement(request: Request) -> Response:
            self.settlements.append(len(await request.body()))
            return _taken()

        @self.app.api_route("/{path:path}", methods=["POST", "PUT"])
        async def other(request: Request) -> Response:
            await request.body()
            return _taken()

    def _customers(self) -> None:
        @self.app.get("/api/scd/baselines")
        async def baselines(request: Request) -> Response:
            start = request.query_params["from"]
            series = [
                {"podId": pod, "startTime": start, "values": self.curves[pod]}
                for pod in request.query_params.getlist("podId")
            ]
            return _json({"series": series})

        @self.app.get("/api/scd/measurements")
        async def measurements(request: Request) -> Response:
            first, end = (datetime.fromisoformat(request.query_params[it]) for it in ("from", "to"))
            places = range((first - self.start) // QUARTER_HOUR, (end - self.start) // QUARTER_HOUR)
            found = [
                _reading(pod, self.start + place * QUARTER_HOUR, self.curves[pod][place % 96])
                for pod in request.query_params.getlist("podId")
                for place in places
            ]
            return _json(MeasurementBatch(measurements=found))

    def _ledger(self) -> None:
        @self.app.post("/api/contracts/settlements")
        async def settle(request: Request) -> Response:
            order = msgspec.json.decode(await request.body(), type=SettlementOrder)
            self.paid += len(order.lines)
            lines = [PaidLine(line_id=each.line_id) for each in order.lines]
            return _json(
                SettlementReceipt(
                    settlement_id=order.settlement_id, transaction_hashes=[], lines=lines
                )
            )


def _reading(pod: str, start: datetime, baseline_kw: float) -> Measurement:
    return Measurement(
        pod_id=pod,
        start_time=start,
        duration_minutes=15,
        energy_wh=round(baseline_kw * _WH_OF_KW * _DELIVERED),
        quality="simulated",
        device="0x" + "ab" * 20,
        sequence=0,
        certification_id=f"{pod}.{start.timestamp():.0f}",
        certification_hash="0" * 64,
        received_at=start + QUARTER_HOUR,
    )


def _json(message: object) -> Response:
    return Response(msgspec.json.encode(message), media_type="application/json")


def _taken() -> Response:
    return Response(b'{"id":"x","status":"accepted"}', media_type="application/json")
