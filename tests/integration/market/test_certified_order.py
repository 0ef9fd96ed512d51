"""A request or offer is certified by the text that is stored, which is stored once."""

import json
from typing import Any

import pytest
from tests.integration.market.test_amendment import NAME, PATH, SENT
from tests.integration.market.test_submission_refusal import POD

from platone.infra.db import Database
from platone.market.records.erasure import ErasureRecords
from platone.market.records.table import metadata

pytestmark = pytest.mark.both_databases


async def _sent(desk: Any) -> list[str]:
    for message in SENT:
        answer = await desk.call("ACEAE", "POST", PATH, message)
        assert answer.status_code == 201, answer.text
    rows = desk.records("SELECT document FROM service ORDER BY revision")
    return [bytes(text).decode() for (text,) in rows]


async def _is_leaving(desk: Any, pod: str) -> bool:
    database = Database(desk.url, metadata)
    try:
        return await ErasureRecords(database).leaving_to([pod]) is not None
    finally:
        await database.close()


async def test_each_version_is_certified_as_it_is_stored_once(desk: Any) -> None:
    stored = await _sent(desk)
    waiting = desk.records("SELECT document FROM certificate")
    assert len(waiting) == len(stored)
    assert not any(POD.encode() in bytes(document) for (document,) in waiting)

    await desk.restart()  # what waits outlives the process
    await desk.deliver()
    certified = [
        each["content"]
        for each in desk.others.certified().values()
        if each["kind"] == "flexibilityService"
    ]
    assert sorted(certified) == sorted(stored)
    assert {json.loads(each)["playerServiceId"] for each in certified} == {NAME}


async def test_nothing_is_erased_that_an_order_still_says_where_it_is_certified(desk: Any) -> None:
    await _sent(desk)
    assert await _is_leaving(desk, POD)
    assert not await _is_leaving(desk, "IT002E99999999")
    await desk.deliver()
    assert not await _is_leaving(desk, POD)


async def test_records_go_in_the_order_in_which_they_came_in_as_many_messages_as_they_need(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound of a message counts the orders' texts, which the records only name."""
    stored = await _sent(desk)
    longest = max(map(len, stored))
    monkeypatch.setattr("platone.market.domain.certification._MOST_BYTES", longest + 400)
    await desk.deliver()
    sent = [
        [each["content"] for each in batch["records"] if each["kind"] == "flexibilityService"]
        for batch in desk.others.bodies("POST /api/certification")
    ]
    assert [each for each in sent if each] == [[text] for text in stored]
