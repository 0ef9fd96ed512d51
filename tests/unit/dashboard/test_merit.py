"""The merit order of the Italian field test is the published one (D3.6, chapter 4)."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from platone.dashboard.domain.merit import Merit, merit_orders, merit_titles
from platone.kernel.market_time import MarketDay
from platone.market.domain.replay import clear_file
from platone.messages.market import RecordedSession
from platone.messages.outcome import MarketOutcome

SESSION = Path(__file__).parents[2] / "data" / "recording" / "session.json"


@pytest.fixture(scope="module")
def merits() -> dict[str, Merit]:
    raw = json.dumps(json.loads(SESSION.read_text("utf-8"))["message"]).encode()
    recorded = msgspec.json.decode(raw, type=RecordedSession)
    outcome = msgspec.json.decode(clear_file(raw), type=MarketOutcome)
    return {each.request.player_id: each for each in merit_orders(recorded, outcome)}


def test_the_operators_order_is_the_published_one(merits: dict[str, Merit]) -> None:
    merit = merits["DSO"]
    assert merit.index == 50
    assert merit.need_kw == pytest.approx(-1376.741, abs=1e-3)
    assert [(bid.name, bid.price) for bid in merit.bids] == [
        ("IT002E61899978", 0.01),
        ("IT002E60974469", 0.03),
    ]
    assert [bid.offered_kw for bid in merit.bids] == pytest.approx([1000, 500])
    assert [bid.taken_kw for bid in merit.bids] == pytest.approx([1000, 376.741], abs=1e-3)
    assert (merit.cleared, merit.limit) == (0.03, 0.1)


def test_who_would_move_the_other_way_does_not_compete(merits: dict[str, Merit]) -> None:
    merit = merits["TSO"]
    assert [bid.name for bid in merit.bids] == ["IT002E60550189"]
    assert merit.need_kw == pytest.approx(271.748, abs=1e-3)
    assert merit.bids[0].taken_kw == pytest.approx(271.748, abs=1e-3)
    assert merit.cleared == 0.07


def test_its_picture_tells_need_and_price(merits: dict[str, Merit]) -> None:
    picture = merits["DSO"].picture()
    texts = re.findall(r">([^<>]+)</text>", picture)
    assert "need 1\u202f376.74 kW" in texts
    assert "0.03" in texts


def test_a_title_tells_whose_it_is_in_the_sites_zone(merits: dict[str, Merit]) -> None:
    """A further request of the same party is numbered; its identifier would say the time in UTC."""
    one = merits["DSO"]
    service = msgspec.structs.replace(one.request, player_service_id="another")
    titles = merit_titles([one, one, replace(one, request=service)], MarketDay(date(2021, 6, 23)))
    assert list(titles.values()) == ["12:30 CEST, DSO", "12:30 CEST, DSO (2)"]
