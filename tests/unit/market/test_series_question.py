"""Series of many points of delivery are asked for in parts, none of which is long to answer."""

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from platone.infra.http.client import PartyClient
from platone.market.adapters.partner import RestPartners
from platone.messages.registry import Measurement, MeasurementBatch

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
QUARTER_HOUR = timedelta(minutes=15)
TOKEN = {"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "scope": ""}
LONGEST = 2_000
"""Readings in one answer of many points of delivery: 0.8 MB, decoded in 5 ms."""


def answer_of(pods: list[str], start: datetime, end: datetime) -> MeasurementBatch:
    return MeasurementBatch(
        measurements=[
            Measurement(
                pod_id=pod,
                start_time=start + number * QUARTER_HOUR,
                duration_minutes=15,
                energy_wh=number,
                quality="measured",
                device="0x" + "ab" * 20,
                sequence=number,
                certification_id=f"{pod}.{number}",
                certification_hash="0" * 64,
                received_at=end,
            )
            for pod in pods
            for number in range((end - start) // QUARTER_HOUR)
        ]
    )


@pytest.mark.parametrize(("pods", "quarters"), [(450, 1), (450, 10), (130, 97), (3, 1440), (2, 0)])
async def test_no_answer_is_long_and_nothing_is_asked_twice(pods: int, quarters: int) -> None:
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json=TOKEN)
        assert len(str(request.url)) < 8_000
        query = request.url.params
        start, end = (datetime.fromisoformat(query[name]) for name in ("from", "to"))
        named = query.get_list("podId")
        asked.append(named)
        return httpx.Response(200, content=msgspec.json.encode(answer_of(named, start, end)))

    names = [f"IT001E{number:08d}" for number in range(pods)]
    end = START + quarters * QUARTER_HOUR
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="https://others.test"
    ) as http:
        found = await RestPartners(PartyClient(http, "market", "s")).measurements(names, START, end)
    assert sorted(pod for part in asked for pod in part) == names
    assert all(len(part) == 1 or len(part) * quarters <= LONGEST for part in asked)
    assert len(asked) <= -(-pods // 200) + 2 * pods * quarters // LONGEST + 1
    whole = answer_of(names, START, end).measurements
    assert sorted(found, key=lambda each: (each.pod_id, each.start_time)) == whole
