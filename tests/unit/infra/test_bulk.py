"""Messages of many items: whichever a receiver refuses, and however, all others arrive."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.http.bulk import send_items
from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable

PROBLEM = {"type": "/problems/duplicate-identifier", "detail": "used before"}


class Receiver:
    """Another party: refuses some items each by itself, and some with all that comes with them."""

    def __init__(self, refused: set[int], poison: set[int], most: int) -> None:
        self._refused, self._poison, self._most = refused, poison, most
        self.taken: list[int] = []

    async def __call__(self, body: bytes) -> bytes:
        items = msgspec.json.decode(body)["records"]
        if self._poison & set(items) or len(items) > self._most:
            raise PartnerRefused("refused", status=422, partnerProblem=PROBLEM)
        self.taken += [it for it in items if it not in self._refused]
        results = [
            {"id": str(it), "status": "refused", "problem": PROBLEM}
            if it in self._refused
            else {"id": str(it), "status": "accepted"}
            for it in items
        ]
        return msgspec.json.encode({"results": results})


numbers = st.integers(min_value=0, max_value=60)


@given(numbers, st.sets(numbers), st.sets(numbers), st.integers(min_value=1, max_value=100))
def test_all_but_the_refused_items_arrive_once_and_in_order(
    count: int, refused: set[int], poison: set[int], most: int
) -> None:
    receiver, items = Receiver(refused, poison, most), list(range(count))
    told = asyncio.run(send_items(receiver, msgspec.json.encode({"records": items})))
    bad = (refused | poison) & set(items)
    assert receiver.taken == [it for it in items if it not in bad]
    assert {int(it.item) for it in told} == bad
    assert len(told) == len(bad)
    assert {(it.slug, it.detail) for it in told} <= {("duplicate-identifier", "used before")}


@pytest.mark.parametrize("status", [403, 404])
async def test_refusal_that_is_no_items_is_one_of_the_whole(status: int) -> None:
    async def send(_body: bytes) -> bytes:
        raise PartnerRefused("no role", status=status)

    with pytest.raises(PartnerRefused):
        await send_items(send, b'{"records": [1, 2, 3]}')


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": "x", "lines": [1, 2]}', b'"text"'])
async def test_message_without_items_is_refused_whole(body: bytes) -> None:
    calls: list[bytes] = []

    async def send(content: bytes) -> bytes:
        calls.append(content)
        raise PartnerRefused("no", status=409)

    with pytest.raises(PartnerRefused):
        await send_items(send, body)
    assert calls == [body]


async def test_outage_in_the_middle_is_one_of_the_whole() -> None:
    """What was taken is sent again then: receivers take the same only once."""

    async def send(content: bytes) -> bytes:
        if len(msgspec.json.decode(content)["records"]) > 1:
            raise PartnerRefused("one is wrong", status=422)
        raise PartnerUnavailable("gone")

    with pytest.raises(PartnerUnavailable):
        await send_items(send, b'{"records": [1, 2]}')


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"status": "accepted"}', b'{"results": 3}'])
async def test_answer_that_tells_of_no_items_refuses_none(answer: bytes) -> None:
    async def send(_body: bytes) -> bytes:
        return answer

    assert await send_items(send, b'{"records": [1, 2]}') == []


@pytest.mark.parametrize("status", [425, 429, 503])
async def test_items_that_may_be_taken_later_are_sent_again_and_the_others_told_then(
    status: int,
) -> None:
    """Of three items one is refused for good, and one is too early for as long as it is."""
    is_early = True

    async def send(body: bytes) -> bytes:
        answers = {1: None, 2: PROBLEM | {"status": 422}}
        answers[3] = {"type": "/problems/early", "detail": "wait", "status": status}
        if not is_early:
            answers[3] = None
        items = msgspec.json.decode(body)["records"]
        said = [
            {"status": "refused", "problem": answers[it]} if answers[it] else {} for it in items
        ]
        return msgspec.json.encode({"results": said})

    body = b'{"records": [1, 2, 3]}'
    with pytest.raises(PartnerUnavailable, match="early: wait"):
        await send_items(send, body)
    is_early = False
    assert [(each.item, each.slug) for each in await send_items(send, body)] == [
        (b"2", "duplicate-identifier")
    ]
