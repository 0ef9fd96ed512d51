"""An aggregator proposes terms, and only the customer makes an agreement of them."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.ledger.conftest import Running, make_app
from tests.integration.ledger.test_contract_api import (
    POD,
    agree,
    balance,
    line,
    open_wallet,
    settle,
    terms,
)

from platone.ledger.context import Ledger
from platone.messages.ledger import ProposalState

PATH = "/api/contracts/agreementProposals"


async def propose(running: Any, **changes: Any) -> Any:
    return await running.aggregator.post(PATH, json=terms() | changes)


async def agreements(running: Any) -> list[Any]:
    listed: list[Any] = (await running.operator.get("/api/contracts/agreements")).json()[
        "agreements"
    ]
    return listed


@pytest.fixture
async def registered(running: Any) -> Any:
    assert (await open_wallet(running)).status_code == 201
    return running


async def test_what_the_customer_accepts_is_the_agreement(registered: Any) -> None:
    made = await propose(registered)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json().get("agreementId")) == ("open", None)
    assert await agreements(registered) == []
    number = made.json()["number"]
    accepted = await registered.customer.post(f"{PATH}/{number}/acceptance")
    assert accepted.status_code == 200, accepted.text
    (stands,) = await agreements(registered)
    assert accepted.json()["agreementId"] == stands["agreementId"]
    assert {name: stands[name] for name in terms()} == terms()
    listed = (await registered.customer.get(PATH)).json()["proposals"]
    assert listed == [accepted.json()]


async def test_new_terms_count_for_later_trades_only(registered: Any) -> None:
    await agree(registered)
    await settle(registered, "before", line(1))
    earned = (await balance(registered.customer)).json()["balance"]
    assert earned == "12.6"  # 2 kWh by 7 EUR/kWh, 90 % of it
    made = await propose(registered, customerSharePpm=500_000)
    number = made.json()["number"]
    assert (await registered.customer.post(f"{PATH}/{number}/acceptance")).status_code == 200
    first, second = await agreements(registered)
    assert (first["active"], first["customerSharePpm"]) == (False, 900_000)
    assert (second["active"], second["customerSharePpm"]) == (True, 500_000)
    assert first["endedAt"] is not None


async def test_a_refused_or_withdrawn_proposal_makes_nothing(registered: Any) -> None:
    refused = (await propose(registered)).json()["number"]
    assert (await registered.customer.post(f"{PATH}/{refused}/refusal")).json()["state"] == (
        "refused"
    )
    withdrawn = (await propose(registered)).json()["number"]
    assert (await registered.aggregator.delete(f"{PATH}/{withdrawn}")).json()["state"] == (
        "withdrawn"
    )
    for number in (refused, withdrawn):
        late = await registered.customer.post(f"{PATH}/{number}/acceptance")
        assert (late.status_code, late.json()["type"]) == (409, "/problems/proposal-answered")
    assert await agreements(registered) == []


async def test_one_proposal_is_open_and_repeating_it_changes_nothing(registered: Any) -> None:
    first = await propose(registered)
    again = await propose(registered)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await propose(registered, customerSharePpm=1)
    assert other.status_code == 201
    listed = (await registered.aggregator.get(PATH)).json()["proposals"]
    assert [each["state"] for each in listed] == ["open", "withdrawn"]


async def test_strangers_neither_see_nor_answer_a_proposal(registered: Any) -> None:
    number = (await propose(registered)).json()["number"]
    neighbour = registered.client("CUSTOMER-2", "Customer")
    for client in (neighbour, registered.rival):
        assert (await client.get(PATH)).json()["proposals"] == []
    for way in ("acceptance", "refusal"):
        assert (await neighbour.post(f"{PATH}/{number}/{way}")).status_code == 404
        assert (await registered.aggregator.post(f"{PATH}/{number}/{way}")).status_code == 403
        assert (await registered.operator.post(f"{PATH}/{number}/{way}")).status_code == 403
    assert (await registered.rival.delete(f"{PATH}/{number}")).status_code == 404
    foreign = await registered.rival.post(PATH, json=terms() | {"aggregatorId": "ACEAE_2"})
    assert foreign.json()["type"] == "/problems/wallet-awaits-registration"
    for number in (0, 2**80):
        assert (await registered.customer.post(f"{PATH}/{number}/refusal")).status_code == 422
    assert await agreements(registered) == []


async def test_nobody_can_accept_where_no_customer_has_an_account(running: Any) -> None:
    await running.operator.put(f"/api/contracts/wallets/{POD}", json={"aggregatorId": "ACEAE"})
    assert (await propose(running)).json()["type"] == "/problems/not-owner"


async def test_what_was_accepted_before_a_kill_is_made_at_the_next_start(
    registered: Any, open_ledger: Callable[[], Ledger]
) -> None:
    number = (await propose(registered)).json()["number"]
    store = registered.ledger._proposals.store  # a kill between both
    assert await store.answer(number, ProposalState.ACCEPTED)
    await registered.ledger.stop()
    again = open_ledger()
    await again.start()
    try:
        running = Running(make_app(again, registered.key), again, registered.key, registered.folder)
        (stands,) = await agreements(running)
        listed = (await running.customer.get(PATH)).json()["proposals"]
        assert listed[0]["agreementId"] == stands["agreementId"]
    finally:
        await again.stop()


async def test_an_erased_point_of_delivery_has_no_proposals(registered: Any) -> None:
    await propose(registered)
    order = {"podIds": [POD], "erasureId": "e-1"}
    erased = await registered.administrator.post("/api/contracts/erasures", json=order)
    assert erased.status_code == 200, erased.text
    assert (await registered.operator.get(PATH)).json()["proposals"] == []
