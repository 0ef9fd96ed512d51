"""Lines whose measurement is not what was certified: named with the reason, and not paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.ledger.metered import (
    METER,
    certify,
    line_records,
    quarter_hour,
    reading,
    record,
    signed,
)
from tests.integration.ledger.test_contract_api import (
    OTHER,
    POD,
    agree,
    balance,
    line,
    open_wallet,
)

from platone.kernel.signature import SigningKey

START = quarter_hour(1)
FIVE = timedelta(minutes=5)
PAID = "12.6"


@pytest.fixture
async def agreed(running: Any) -> Any:
    await open_wallet(running)
    assert (await agree(running)).status_code == 201
    running.ledger._settle._wait_s = 0
    return running


async def order(running: Any, name: str, *lines: dict[str, Any]) -> Any:
    body = {"settlementId": name, "lines": list(lines)}
    return await running.operator.post("/api/contracts/settlements", json=body)


async def problem_of(running: Any, bad: dict[str, Any]) -> str:
    """What a receipt says of a line, beside a good one, which is paid."""
    good = line(2)
    await certify(running, *line_records([good]))
    answer = await order(running, "s-1", bad, good)
    assert answer.status_code == 201, answer.text
    first, second = answer.json()["lines"]
    assert (second["problem"], second["customerTokens"]) == (None, 126 * 10**17)
    assert (first["customerTokens"], first["aggregatorTokens"], first["owed"]) == (0, 0, 0)
    assert (await balance(running.customer)).json()["balance"] == PAID
    prefix, _, reason = str(first["problem"]).partition(": ")
    assert prefix == "the measurement does not hold"
    return reason


FORGED: list[tuple[str, Callable[[], str], str]] = [
    ("reading", lambda: "8 kWh, I swear", "must be a signed message"),
    ("settlement", lambda: signed(reading(POD, START, 8000)), "not a reading"),
    ("reading", lambda: signed(reading(POD, START, 8000), key=SigningKey()), "signed it"),
    ("reading", lambda: signed(reading(OTHER, START, 8000)), "do not fill"),
    ("reading", lambda: signed(reading(POD, START, 9000)), "come to 9000000"),
    ("reading", lambda: signed(reading(POD, quarter_hour(2), 8000)), "do not fill"),
    ("reading", lambda: signed(reading(POD, START, 8000, 5)), "do not fill"),
    ("reading", lambda: signed(reading(POD, START, 8000, 30)), "come to 4000000"),
    ("reading", lambda: signed(reading(POD, START - FIVE, 8000)), "do not fill"),
    (
        "reading",
        lambda: signed(reading(POD, START, 4000, 10), reading(POD, START + FIVE, 4000, 10)),
        "do not fill",
    ),
    (
        "reading",
        lambda: signed(reading(POD, START, 4000, 5), reading(POD, START + 2 * FIVE, 4000, 5)),
        "do not fill",
    ),
    (
        "reading",
        lambda: signed(reading(POD, START, 8000), reading(POD, START, 7000)),
        "contradict each other",
    ),
]


@pytest.mark.parametrize(("kind", "text", "says"), FORGED)
async def test_a_certified_text_that_is_not_the_measurement(
    agreed: Any, kind: str, text: Callable[[], str], says: str
) -> None:
    await certify(agreed, record("odd", text(), kind))
    assert says in await problem_of(agreed, line(1, readings=["odd"]))


async def test_an_invented_certification(agreed: Any) -> None:
    reason = await problem_of(agreed, line(1, readings=["reading:invented:1"]))
    assert reason == "record reading:invented:1: no reading is certified under it"


async def test_no_certification_at_all(agreed: Any) -> None:
    assert "do not fill" in await problem_of(agreed, line(1, readings=[]))


async def test_no_quarter_hour_at_all(agreed: Any) -> None:
    await certify(agreed, *line_records([line(1)]))
    timeless = line(1)
    del timeless["startTime"]
    assert "does not say when" in await problem_of(agreed, timeless)


async def test_a_record_of_the_operator_is_no_meters(agreed: Any) -> None:
    own = record("own", signed(reading(POD, START, 8000)))
    answer = await agreed.operator.post("/api/certification", json={"records": [own]})
    assert answer.status_code == 201
    assert "no reading is certified" in await problem_of(agreed, line(1, readings=["own"]))


async def test_a_record_that_was_erased(agreed: Any) -> None:
    await certify(agreed, *line_records([line(1)]))
    (name,) = line(1)["readings"]
    erased = await agreed.administrator.delete(f"/api/certification/{name}")
    assert erased.status_code == 204
    assert "was erased" in await problem_of(agreed, line(1))


async def test_a_record_whose_text_or_tree_was_altered(agreed: Any) -> None:
    """Whoever writes into the database changes no payment."""
    await certify(agreed, record("low", signed(reading(POD, START, 7000))))
    database = agreed.ledger._records._database
    high = signed(reading(POD, START, 8000))
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE record SET content = ?", (high.encode(),))
    reason = await problem_of(agreed, line(1, readings=["low"]))
    assert reason.endswith("its text is not the one that was certified")


async def test_a_root_that_the_chain_does_not_have(agreed: Any) -> None:
    await certify(agreed, *line_records([line(1)]))
    async with agreed.ledger._records._database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE tree SET root = ?", (bytes(32),))
    assert "the chain does not have its root" in await problem_of(agreed, line(1))


@pytest.mark.parametrize("revoked", [False, True])
async def test_a_device_that_did_not_stand_in_the_register(agreed: Any, *, revoked: bool) -> None:
    thief, path = SigningKey(), "/api/contracts/nodes"
    if revoked:
        await agreed.administrator.post(path, json={"device": thief.address})
        await agreed.administrator.delete(f"{path}/{thief.address}")
    text = signed(reading(POD, START, 8000), key=thief, device=thief.address)
    await certify(agreed, record("thief", text))
    if not revoked:  # registered too late
        await agreed.administrator.post(path, json={"device": thief.address})
    assert "did not stand in the register" in await problem_of(agreed, line(1, readings=["thief"]))


async def test_a_device_that_is_revoked_later_still_counts(agreed: Any) -> None:
    await certify(agreed, *line_records([line(1)]))
    await agreed.administrator.delete(f"/api/contracts/nodes/{METER.address}")
    receipt = (await order(agreed, "s-1", line(1))).json()
    assert receipt["lines"][0]["problem"] is None


async def test_parts_of_several_records_add_up(agreed: Any) -> None:
    """Readings of five minutes; one is told twice, others are of other times and places."""
    first = signed(reading(POD, START, 3000, 5), reading(POD, START - FIVE, 9000, 5))
    rest = signed(
        reading(POD, START, 3000, 5),
        reading(POD, START + FIVE, 5500, 5),
        reading(POD, START + 2 * FIVE, -500, 5),
        reading(POD, START + 3 * FIVE, 9000, 5),
        reading(OTHER, START, 9000),
    )
    await certify(agreed, record("first", first), record("rest", rest))
    receipt = (await order(agreed, "s-1", line(1, readings=["first", "rest"]))).json()
    assert receipt["lines"][0]["problem"] is None
    assert (await balance(agreed.customer)).json()["balance"] == PAID


async def test_a_later_settlement_pays_once_it_holds(agreed: Any) -> None:
    refused = (await order(agreed, "s-1", line(1))).json()["lines"][0]
    assert "no reading is certified" in refused["problem"]
    await certify(agreed, *line_records([line(1)]))
    paid = (await order(agreed, "s-2", line(1))).json()["lines"][0]
    assert (paid["problem"], paid["customerTokens"]) == (None, 126 * 10**17)
    assert (await order(agreed, "s-1", line(1))).json()["lines"] == [refused]


async def test_a_certification_on_its_way_is_awaited_and_stops_no_other(agreed: Any) -> None:
    agreed.ledger._settle._wait_s = 600
    await certify(agreed, *line_records([line(2)]))
    answer = await order(agreed, "s-1", line(1), line(2))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/readings-awaited")
    assert (await balance(agreed.customer)).json()["balance"] == PAID
    again = await order(agreed, "s-1", line(1), line(2))
    assert again.status_code == 503
    await certify(agreed, *line_records([line(1)]))
    receipt = await order(agreed, "s-1", line(1), line(2))
    assert receipt.status_code == 200
    assert [each["problem"] for each in receipt.json()["lines"]] == [None, None]
    assert len(receipt.json()["transactionHashes"]) == 2
    assert (await balance(agreed.customer)).json()["balance"] == "25.2"


async def test_an_awaited_certification_that_never_comes_is_told(agreed: Any) -> None:
    agreed.ledger._settle._wait_s = 600
    assert (await order(agreed, "s-1", line(1))).status_code == 503
    agreed.ledger._settle._wait_s = 0
    receipt = await order(agreed, "s-1", line(1))
    assert receipt.status_code == 200
    assert "no reading is certified" in receipt.json()["lines"][0]["problem"]
    assert agreed.ledger._settle._since_s == {}
