"""Participants' own endpoints: real HTTPS receivers that fail, hang, redirect, lie, and take."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import Desk
from tests.integration.market.endpoint import Receiver, certificate
from tests.integration.market.test_market_crash import Killer, _arm

from platone.market.adapters.webhook import CallEndpoints
from platone.market.domain.webhook import MOST_TRIES
from platone.market.service.patience import Patience
from platone.market.service.webhook import Webhooks

PATH = "/api/webhook"
NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


@pytest.fixture
async def receivers(tmp_path: Path) -> AsyncIterator[tuple[Receiver, Receiver, Path]]:
    file = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    made = Receiver(), Receiver()
    servers = []
    for each in made:
        server = await asyncio.start_server(each.serve, "127.0.0.1", 0, ssl=context)
        each.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    yield (*made, file)
    for server in servers:
        server.close()


@pytest.fixture
async def webhooks(desk: Any, receivers: Any) -> AsyncIterator[Webhooks]:
    """The market's webhooks, which may call this machine, and do not wait between tries."""
    caller = CallEndpoints(allow_private=True, ca_file=receivers[2])
    seconds = iter(range(0, 10**9, 1000))
    records = desk.market._webhooks._records
    await desk.market.supervisor.finish("webhooks", 0)  # whose caller calls public hosts only
    patience = Patience(desk.clock, lambda: float(next(seconds)))
    made = Webhooks(records, caller, desk.clock, patience, look_s=0.02)
    yield made
    await made.stop()


async def _publish(desk: Any, *numbers: int, party: str = "ACEAE") -> None:
    records = desk.market._webhooks._records
    async with records.writing() as unit:
        for number in numbers:
            await unit.outgoing.publish(f"validated_outcome_{party}", {"number": number}, NOON)


async def _until(webhooks: Webhooks, receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(60):
        while len(receiver.taken) < count:
            await webhooks.turn()


async def test_messages_come_signed_in_order_over_failures(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    secret = (await webhooks.register("ACEAE", receiver.url)).secret
    receiver.behaviours = ["fail", "redirect", "take", "lie", "fail", "take"]
    await _publish(desk, 1, 2, 3)
    await _until(webhooks, receiver, 3)

    numbers = [json.loads(body)["number"] for _, body in receiver.calls]
    assert list(dict.fromkeys(numbers)) == [1, 2, 3]
    assert receiver.taken == [f"validated_outcome_ACEAE.{number}" for number in (1, 2, 3)]
    for headers, body in receiver.calls:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("dies", ["before it is noted", "after it is noted"])
@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_kill_between_the_answer_and_its_note_loses_and_skips_nothing(
    desk: Desk, receivers: Any, monkeypatch: pytest.MonkeyPatch, at: int, dies: str
) -> None:
    """The endpoint has answered; the market dies before, or just after, that is durable."""
    receiver, _, file = receivers
    after = dies.startswith("after")
    caller = CallEndpoints(allow_private=True, ca_file=file)
    await desk.market.supervisor.finish("webhooks", 0)
    first = Webhooks(desk.market._webhooks._records, caller, desk.clock, look_s=0.02)
    await first.register("ACEAE", receiver.url)
    await _publish(desk, 1, 2, 3)
    with monkeypatch.context() as patch:
        killer = Killer(at=at, after=after)
        _arm(patch, killer)
        async with asyncio.timeout(60):
            while not killer.has_struck or first._under_way:
                await first.turn()
    await first.stop()
    await desk.restart()
    await desk.market.supervisor.finish("webhooks", 0)
    second = Webhooks(desk.market._webhooks._records, caller, desk.clock, look_s=0.02)
    again = 0 if after else 1
    async with asyncio.timeout(60):
        while len(receiver.calls) < 3 + again or second._under_way:
            await second.turn()
    await second.stop()

    told = [headers["webhook-id"].rpartition(".")[2] for headers, _ in receiver.calls]
    numbers = ["1", "2", "3"]
    assert told == numbers[: at + 1] + again * [numbers[at]] + numbers[at + 1 :]
    bodies = [body for headers, body in receiver.calls if headers["webhook-id"].endswith(told[at])]
    assert len(set(bodies)) == 1


async def test_a_clock_that_two_steps_read_apart_skips_nothing(
    webhooks: Webhooks, receivers: Any
) -> None:
    """The later message of a topic has the earlier instant: both come, in the topic's order."""
    receiver, _, _ = receivers
    await webhooks.register("ACEAE", receiver.url)
    async with webhooks._records.writing() as unit:
        for number, topic, second in (
            (1, "validated_outcome_ACEAE", 2),
            (2, "validated_outcome_ACEAE", 1),
            (3, "Settlement_ACEAE", 0),
            (4, "Settlement_ACEAE", 3),
        ):
            at = NOON + timedelta(seconds=second)
            await unit.outgoing.publish(topic, {"number": number}, at)
    await _until(webhooks, receiver, 4)
    told = [json.loads(body)["number"] for _, body in receiver.calls]
    assert sorted(told) == [1, 2, 3, 4]
    assert told.index(1) < told.index(2)
    assert told.index(3) < told.index(4)


async def test_one_that_hangs_holds_up_nobody(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    hanging, other, _ = receivers
    hanging.always = "hang"
    await webhooks.register("ACEAE", hanging.url)
    await webhooks.register("ACEAE_2", other.url)
    await _publish(desk, 1)
    await _publish(desk, 1, 2, party="ACEAE_2")
    await _until(webhooks, other, 2)
    assert hanging.calls == []
    assert "ACEAE" in webhooks._under_way


async def test_what_is_never_taken_is_given_up_and_replayed(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await webhooks.register("ACEAE", receiver.url)
    receiver.behaviours = ["fail"] * MOST_TRIES
    await _publish(desk, 1, 2)
    await _until(webhooks, receiver, 1)
    assert receiver.taken == ["validated_outcome_ACEAE.2"]
    status = await desk.get("ACEAE", PATH)
    assert status["deadLetters"] == [
        {"topic": "validated_outcome_ACEAE", "offset": 1, "answer": "answered 500"}
    ]
    await webhooks.replay("ACEAE")
    await _until(webhooks, receiver, 2)
    while webhooks._under_way:  # it is noted a moment after it has come
        await webhooks.turn()
    status = await desk.get("ACEAE", PATH)
    assert (status["deadLetters"], status["waiting"], status["failures"]) == ([], 0, 0)


async def test_only_what_is_published_after_the_registration_is_sent(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await _publish(desk, 1)
    await webhooks.register("ACEAE", receiver.url)
    await webhooks.register("ACEAE", receiver.url)
    await _publish(desk, 2)
    await _until(webhooks, receiver, 1)
    assert receiver.taken == ["validated_outcome_ACEAE.2"]


async def test_a_stranger_with_a_certificate_of_nobody_gets_nothing(receivers: Any) -> None:
    receiver, _, _ = receivers
    caller = CallEndpoints(allow_private=True)
    wrong = await caller.call(receiver.url, "whsec_AAAA", "a.1", b"{}")
    assert wrong is not None
    assert "CERTIFICATE" in wrong.upper()
    assert receiver.calls == []


async def test_private_hosts_and_plain_http_are_refused_over_rest(desk: Any) -> None:
    for url in ("https://127.0.0.1/hook", "https://localhost/hook", "https://[::1]:8443/hook"):
        answer = await desk.call("ACEAE", "PUT", PATH, {"url": url})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/webhook-not-allowed")
    answer = await desk.call("ACEAE", "PUT", PATH, {"url": "http://example.org/hook"})
    assert answer.json()["type"] == "/problems/malformed-message"
    for method, path in (("GET", PATH), ("DELETE", PATH), ("POST", f"{PATH}/replay")):
        answer = await desk.call("ACEAE", method, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/webhook-missing")


async def test_each_party_has_its_own_endpoint_and_can_end_it(
    desk: Any, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await webhooks.register("ACEAE", receiver.url)
    assert (await desk.get("ACEAE", PATH))["url"] == receiver.url
    assert (await desk.call("ACEAE_2", "GET", PATH)).status_code == 404
    assert (await desk.call("ACEAE", "DELETE", PATH)).status_code == 204
    await _publish(desk, 1)
    await webhooks.turn()
    assert receiver.calls == []
