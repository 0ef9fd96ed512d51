"""Wallets, agreements, settlements and nodes over REST."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.ledger.metered import certify, line_records, quarter_hour, reading_name

from platone.kernel.signature import SigningKey

POD, OTHER = "IT002E61899978", "IT002E60974469"
MICRO = 10**6
TOKEN = 10**18


async def open_wallet(running: Any, pod: str = POD, **more: str) -> Any:
    body = {"aggregatorId": "ACEAE", "customerId": "CUSTOMER-1"} | more
    return await running.operator.put(f"/api/contracts/wallets/{pod}", json=body)


def terms(pod: str = POD, share: int = 900_000, penalty: int = 11 * MICRO) -> dict[str, Any]:
    return {
        "pod": pod,
        "aggregatorId": "ACEAE",
        "customerSharePpm": share,
        "penaltyPrice": penalty,
    }


async def agree(running: Any, **changes: Any) -> Any:
    return await running.aggregator.post("/api/contracts/agreements", json=terms() | changes)


def line(number: int, measured: float = 8, **changes: Any) -> dict[str, Any]:
    """A trade; its measurement is certified before it is settled."""
    start = quarter_hour(number)
    trade: dict[str, Any] = {
        "lineId": f"trade/{number}",
        "pod": POD,
        "aggregatorId": "ACEAE",
        "startTime": start.isoformat(),
        "baseline": 10 * MICRO,
        "ordered": -2 * MICRO,
        "measured": int(measured * MICRO),
        "price": 7 * MICRO,
    } | changes
    return {"readings": [reading_name(trade["pod"], start, trade["measured"])]} | trade


async def settle(running: Any, name: str, *lines: dict[str, Any], status: int = 201) -> Any:
    await certify(running, *line_records(lines))
    answer = await running.operator.post(
        "/api/contracts/settlements", json={"settlementId": name, "lines": list(lines)}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def balance(client: Any, pod: str = POD) -> Any:
    return await client.get(f"/api/contracts/transactions/balanceOf/{pod}")


@pytest.fixture
async def agreed(running: Any) -> Any:
    assert (await open_wallet(running)).status_code == 201
    assert (await agree(running)).status_code == 201
    return running


async def test_a_wallet_is_opened_once(running: Any) -> None:
    made = await open_wallet(running)
    assert made.status_code == 201
    assert made.json() == {"idWallet": made.json()["idWallet"], "pod": POD, "balance": "0"}
    again = await open_wallet(running)
    assert (again.status_code, again.json()) == (200, made.json())


async def test_a_wallet_may_be_the_customers_own(running: Any) -> None:
    own = SigningKey().address
    made = await open_wallet(running, address=own.lower())
    assert made.json()["idWallet"] == own
    assert not list((running.folder / "keys" / "wallets").glob("*"))


async def test_only_what_is_registered_for_an_aggregator_is_its(running: Any) -> None:
    body = {"aggregatorId": "ACEAE"}
    path = f"/api/contracts/wallets/{POD}"
    early = await running.aggregator.put(path, json=body)
    assert (early.status_code, early.json()["type"]) == (
        503,
        "/problems/wallet-awaits-registration",
    )
    unagreed = await agree(running)
    assert unagreed.json()["type"] == "/problems/wallet-awaits-registration"
    assert (await running.rival.put(path, json=body)).status_code == 403
    made = await open_wallet(running)
    repeated = await running.aggregator.put(path, json=body)
    assert (repeated.status_code, repeated.json()) == (200, made.json())
    taken = await running.rival.put(path, json={"aggregatorId": "ACEAE_2"})
    assert (taken.status_code, taken.json()["type"]) == (
        503,
        "/problems/wallet-awaits-registration",
    )
    elsewhere = SigningKey().address
    moving = body | {"address": elsewhere}
    moved = await running.aggregator.put(path, json=moving)
    assert (moved.status_code, moved.json()["type"]) == (
        503,
        "/problems/wallet-awaits-registration",
    )
    await open_wallet(running, address=elsewhere)
    moved = await running.aggregator.put(path, json=moving)
    assert (moved.status_code, moved.json()["idWallet"]) == (200, elsewhere)
    for client in (running.customer, running.dso, running.auditor):
        assert (await client.put(path, json=body)).status_code == 403


async def test_who_takes_over_a_point_may_be_quicker_than_its_registration(running: Any) -> None:
    """The market's word of the new aggregator comes last: what was early is taken then."""
    await open_wallet(running)
    rival = {"aggregatorId": "ACEAE_2"}

    async def call() -> list[int]:
        opened = await running.rival.put(f"/api/contracts/wallets/{POD}", json=rival)
        made = await running.rival.post("/api/contracts/agreements", json=terms() | rival)
        return [opened.status_code, made.status_code]

    assert await call() == [503, 503]
    await open_wallet(running, aggregatorId="ACEAE_2")
    assert await call() == [200, 201]


@pytest.mark.parametrize("pod", ["IT%00002E6", "IT%0A%0D6", "a%20b%20c", "x" * 41, "IT%E2%80%AE6"])
async def test_a_wallet_needs_a_name_of_a_point_of_delivery(running: Any, pod: str) -> None:
    answer = await running.operator.put(
        f"/api/contracts/wallets/{pod}", json={"aggregatorId": "ACEAE"}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed-message")


async def test_payments_follow_a_corrected_address(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1))
    before = (await balance(agreed.customer)).json()
    assert before["balance"] == "12.6"
    own = SigningKey().address
    corrected = await open_wallet(agreed, address=own)
    assert (corrected.status_code, corrected.json()["idWallet"]) == (200, own)
    await settle(agreed, "s-2", line(2))
    after = (await balance(agreed.customer)).json()
    assert (after["idWallet"], after["balance"]) == (own, "12.6")
    listed = (await agreed.aggregator.get("/api/contracts/agreements")).json()["agreements"]
    assert [(each["wallet"], each["active"]) for each in listed] == [
        (before["idWallet"], False),
        (own, True),
    ]


async def test_balance_is_shown_to_those_it_concerns(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1))
    for client in (agreed.aggregator, agreed.customer, agreed.auditor):
        answer = await balance(client)
        assert (answer.status_code, answer.json()["balance"]) == (200, "12.6")
    for client in (
        agreed.rival,
        agreed.dso,
        agreed.operator,
        agreed.client("CUSTOMER-2", "Customer"),
    ):
        assert (await balance(client)).status_code == 403
    assert (await balance(agreed.aggregator, OTHER)).status_code == 404


async def test_uftp_case_over_rest(agreed: Any) -> None:
    receipt = await settle(agreed, "s-1", *(line(n, n) for n in (7, 8, 9, 10, 11)))
    nets = [
        (each["customerTokens"] + each["aggregatorTokens"] - each["owed"]) // TOKEN
        for each in receipt["lines"]
    ]
    assert nets == [14, 14, -4, -22, -33]
    assert [each["paid"] - each["penalty"] for each in receipt["lines"]] == [
        net * TOKEN for net in nets
    ]
    assert [each["delivered"] for each in receipt["lines"]] == [2 * MICRO] * 2 + [MICRO, 0, 0]
    under = {(each["customerSharePpm"], each["penaltyPrice"]) for each in receipt["lines"]}
    assert under == {(900_000, 11 * MICRO)}
    assert len(receipt["transactionHashes"]) == 1
    assert (await balance(agreed.customer)).json()["balance"] == "25.2"


async def test_a_settlement_is_paid_once(agreed: Any) -> None:
    first = await settle(agreed, "s-1", line(1))
    assert await settle(agreed, "s-1", line(1), status=200) == first
    changed = await settle(agreed, "s-1", line(1, 7.5), status=409)
    assert changed["type"] == "/problems/duplicate-identifier"
    second = await settle(agreed, "s-2", line(1), line(2))
    assert "settled before, in settlement s-1" in second["lines"][0]["problem"]
    assert second["lines"][0]["customerTokens"] == 0
    assert second["lines"][1]["problem"] is None
    assert (await balance(agreed.customer)).json()["balance"] == "25.2"


async def test_one_bad_line_stops_no_other(agreed: Any) -> None:
    receipt = await settle(
        agreed,
        "s-1",
        line(1, pod=OTHER),
        line(2, ordered=0),
        line(3),
        line(3),
        line(4, baseline=10**17),
        line(5),
    )
    problems = [each["problem"] for each in receipt["lines"]]
    assert "no active agreement" in problems[0]
    assert problems[1] == "nothing was ordered"
    assert problems[2] is None
    assert "twice" in problems[3]
    assert problems[4:] == [None, None]
    shown = await agreed.auditor.get("/api/contracts/settlements/s-1")
    assert shown.json() == receipt


async def test_a_refused_line_can_be_settled_later(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1, pod=OTHER))
    await open_wallet(agreed, OTHER)
    await agree(agreed, pod=OTHER)
    paid = await settle(agreed, "s-2", line(1, pod=OTHER))
    assert paid["lines"][0]["problem"] is None


async def test_the_lines_of_an_agreement_are_one_entry(agreed: Any) -> None:
    receipt = await settle(agreed, "s-1", *(line(number) for number in range(95)))
    assert len(receipt["transactionHashes"]) == 1
    assert (await balance(agreed.customer)).json()["balance"] == f"{95 * 12.6:.0f}"


async def test_many_agreements_are_paid_in_several_transactions(agreed: Any) -> None:
    pods = [f"IT-{number}" for number in range(105)]
    await asyncio.gather(*(open_wallet(agreed, pod) for pod in pods))
    await asyncio.gather(*(agree(agreed, pod=pod) for pod in pods))
    lines = [line(number, pod=pod) for number, pod in enumerate(pods)]
    receipt = await settle(agreed, "s-1", *lines)
    assert len(receipt["transactionHashes"]) == 2
    assert {each["customerTokens"] for each in receipt["lines"]} == {126 * 10**17}
    assert (await balance(agreed.auditor, pods[104])).json()["balance"] == "12.6"


async def test_one_refused_entry_stops_no_other(agreed: Any) -> None:
    """The contract refuses what the ledger did not foresee: an agreement that ended meanwhile."""
    await open_wallet(agreed, OTHER)
    other = (await agree(agreed, pod=OTHER)).json()["agreementId"]
    ledger = agreed.ledger
    gateway = ledger._agree._contracts
    await gateway.end_agreement(ledger._keys.operator, bytes.fromhex(other[2:]))
    receipt = await settle(agreed, "s-1", line(1), line(2, pod=OTHER), line(3))
    problems = [each["problem"] for each in receipt["lines"]]
    assert problems == [None, "SettlementAgreement: ended before", None]
    assert (await balance(agreed.customer)).json()["balance"] == "25.2"


async def end(running: Any, agreement_id: str) -> None:
    ended = await running.operator.delete(f"/api/contracts/agreements/{agreement_id}")
    assert not ended.json()["active"]


def during(running: Any, hours: float) -> str:
    """An instant so many hours after the market's now."""
    at = running.ledger._clock.now() + timedelta(hours=hours)
    return str(at.isoformat())


async def test_a_line_is_paid_under_the_agreement_at_its_trade(agreed: Any) -> None:
    """Nine tenths go to the customer at the trade; ended since, and made anew with a half."""
    clock = agreed.ledger._clock
    (first,) = (await agreed.operator.get("/api/contracts/agreements")).json()["agreements"]
    traded = during(agreed, 1)
    clock.move_to(clock.now() + timedelta(hours=2))
    await end(agreed, first["agreementId"])
    between = during(agreed, 1)
    clock.move_to(clock.now() + timedelta(hours=2))
    ended = await settle(agreed, "s-0", line(0, tradedAt=traded), line(9, tradedAt=between))
    assert [each["problem"] for each in ended["lines"]] == [
        None,
        "ACEAE has no agreement for this trade with IT002E61899978",
    ]
    second = (await agree(agreed, customerSharePpm=500_000, penaltyPrice=0)).json()
    after = during(agreed, 1)
    clock.move_to(clock.now() + timedelta(hours=2))

    told = [line(number, tradedAt=traded) for number in (1, 2)]
    told += [line(3, tradedAt=between), line(4, tradedAt=after), line(5)]
    paid = (await settle(agreed, "s-1", *told))["lines"]

    # 2 kWh at 7 EUR: 14 EUR, of which the customer has 12.60 or 7.
    assert [each["customerTokens"] / TOKEN for each in paid] == [12.6, 12.6, 7, 7, 7]
    names = [first["agreementId"]] * 2 + [second["agreementId"]] * 3
    assert [each["agreementId"] for each in paid] == names
    assert (await balance(agreed.customer)).json()["balance"] == "58.8"
    statement = await agreed.customer.get(f"/api/contracts/agreements/{names[0]}/lines")
    assert [each["line"]["lineId"] for each in statement.json()["lines"]] == [
        "trade/0",
        "trade/1",
        "trade/2",
    ]


async def test_a_correction_is_settled_under_the_agreement_at_the_trade(agreed: Any) -> None:
    clock = agreed.ledger._clock
    (first,) = (await agreed.operator.get("/api/contracts/agreements")).json()["agreements"]
    traded = during(agreed, 1)
    await settle(agreed, "s-1", line(1, measured=9, tradedAt=traded))
    clock.move_to(clock.now() + timedelta(hours=2))
    await end(agreed, first["agreementId"])
    await agree(agreed, customerSharePpm=0, penaltyPrice=0)

    better = line(1, tradedAt=traded, lineId="trade/1.v2", corrects="trade/1")
    (paid,) = (await settle(agreed, "s-2", better))["lines"]
    moved = line(1, lineId="trade/1.v3", corrects="trade/1.v2", tradedAt=during(agreed, 1))
    (refused,) = (await settle(agreed, "s-3", moved))["lines"]

    # 1 of 2 kWh came to 7 - 11 = -4 EUR; all of it to 14, of which the customer has nine tenths.
    assert (paid["customerTokens"], paid["relieved"]) == (126 * TOKEN // 10, 4 * TOKEN)
    assert refused["problem"] == "it corrects trade/1.v2, which is of another trade"


async def test_the_customers_new_wallet_is_paid_for_trades_before_it_moved(agreed: Any) -> None:
    clock = agreed.ledger._clock
    traded = during(agreed, 1)
    clock.move_to(clock.now() + timedelta(hours=2))
    own = SigningKey().address
    moved = await open_wallet(agreed, address=own)
    assert moved.json()["idWallet"] == own
    ended, standing = (await agreed.operator.get("/api/contracts/agreements")).json()["agreements"]
    assert (ended["active"], standing["active"]) == (False, True)
    assert ended["since"] == standing["since"] < traded < ended["endedAt"]

    (paid,) = (await settle(agreed, "s-1", line(1, tradedAt=traded)))["lines"]

    assert paid["agreementId"] == standing["agreementId"]
    assert (await balance(agreed.customer)).json()["balance"] == "12.6"


async def test_only_the_operator_settles(agreed: Any) -> None:
    body = {"settlementId": "s-1", "lines": [line(1)]}
    for client in (agreed.aggregator, agreed.dso, agreed.customer, agreed.administrator):
        answer = await client.post("/api/contracts/settlements", json=body)
        assert answer.status_code == 403


async def test_agreements_stand_on_the_chain(agreed: Any) -> None:
    (shown,) = (await agreed.aggregator.get("/api/contracts/agreements")).json()["agreements"]
    assert shown["active"]
    assert shown["address"] == agreed.ledger.contracts["SettlementAgreement"]
    again = await agree(agreed)
    assert (again.status_code, again.json()) == (200, shown)
    other = await agree(agreed, penaltyPrice=0)
    assert (other.status_code, other.json()["agreementId"]) == (409, shown["agreementId"])


async def test_who_sees_which_agreements(agreed: Any) -> None:
    path = "/api/contracts/agreements"
    counts = [
        len((await client.get(path)).json()["agreements"])
        for client in (agreed.aggregator, agreed.rival, agreed.operator, agreed.auditor)
    ]
    assert counts == [1, 0, 1, 1]
    assert len((await agreed.customer.get(path)).json()["agreements"]) == 1
    other = agreed.client("CUSTOMER-2", "Customer")
    assert (await other.get(path)).json() == {"next": None, "agreements": []}
    assert (await agreed.dso.get(path)).status_code == 403


async def test_who_may_agree(running: Any) -> None:
    await open_wallet(running)
    path = "/api/contracts/agreements"
    assert (await running.rival.post(path, json=terms())).status_code == 403
    stolen = terms() | {"aggregatorId": "ACEAE_2"}
    assert (await running.rival.post(path, json=stolen)).status_code == 503
    assert (await running.customer.post(path, json=terms())).status_code == 403
    assert (await agree(running, pod=OTHER)).status_code == 503
    assert (await running.operator.post(path, json=terms())).status_code == 201


async def test_terms_change_after_the_operator_ended_the_old_ones(agreed: Any) -> None:
    identifier = (await agree(agreed)).json()["agreementId"]
    path = f"/api/contracts/agreements/{identifier}"
    assert (await agreed.aggregator.delete(path)).status_code == 403
    ended = await agreed.operator.delete(path)
    assert not ended.json()["active"]
    assert (await settle(agreed, "s-1", line(1)))["lines"][0]["problem"]
    assert (await agree(agreed, customerSharePpm=0)).status_code == 201
    assert (await settle(agreed, "s-2", line(1)))["lines"][0]["aggregatorTokens"] == 14 * TOKEN
    assert (await agreed.operator.delete(path[:-1] + "z")).status_code == 404


async def test_several_who_revoke_a_node_at_once_are_all_told_that_it_is_revoked(
    running: Any,
) -> None:
    path, device = "/api/contracts/nodes", SigningKey().address
    calls = [running.administrator.post(path, json={"device": device}) for _ in range(4)]
    made = await asyncio.gather(*calls)
    assert sorted(each.status_code for each in made)[:3] == [200, 200, 200]
    assert all(each.is_success and each.json()["status"] == "registered" for each in made)
    gone = await asyncio.gather(
        *(running.administrator.delete(f"{path}/{device}") for _ in range(4))
    )
    assert all(each.is_success and each.json()["status"] == "revoked" for each in gone)


async def test_nodes_are_registered_and_revoked(running: Any) -> None:
    device, path = SigningKey().address, "/api/contracts/nodes"
    unknown = (await running.dso.get(f"{path}/{device}")).json()
    assert unknown["status"] == "unknown"
    made = await running.administrator.post(path, json={"device": device.lower()})
    assert (made.status_code, made.json()["status"]) == (201, "registered")
    assert made.json()["device"] == device
    again = await running.administrator.post(path, json={"device": device})
    assert (again.status_code, again.json()) == (200, made.json())
    assert (await running.rival.delete(f"{path}/{device}")).status_code == 403
    revoked = (await running.administrator.delete(f"{path}/{device}")).json()
    assert revoked["status"] == "revoked"
    assert revoked["transactionHash"] != made.json()["transactionHash"]
    assert (await running.dso.get(f"{path}/{device}")).json() == revoked
    back = await running.administrator.post(path, json={"device": device})
    assert (back.status_code, back.json()["type"]) == (409, "/problems/node-revoked")
    assert (await running.dso.get(f"{path}/nonsense")).status_code == 422
    stranger = await running.administrator.delete(f"{path}/{SigningKey().address}")
    assert stranger.status_code == 404


async def test_many_at_once_are_all_served(running: Any) -> None:
    devices = [SigningKey().address for _ in range(40)]
    path = "/api/contracts/nodes"
    answers = await asyncio.gather(
        *(running.administrator.post(path, json={"device": device}) for device in devices)
    )
    assert {answer.status_code for answer in answers} == {201}
    assert running.ledger._chain.chain.head.number < 42
