"""Who learns what of a paid line: its proof, its statement, and what chain and REST tell others."""

from typing import Any

import pytest
from eth_hash.auto import keccak
from tests.integration.ledger.test_contract_api import (
    MICRO,
    OTHER,
    POD,
    agree,
    line,
    open_wallet,
    settle,
)

from platone.ledger.domain.event import AGREEMENT_SETTLED, AgreementSettled
from platone.ledger.domain.proof_report import ProofReport
from platone.ledger.domain.receipt import Receipt
from platone.ledger.domain.verification import verify_proof

SECRET = (10 * MICRO, 2 * MICRO, 8 * MICRO, 9 * MICRO, 7 * MICRO, MICRO)
"""Baseline, ordered, measured, and price of the lines, and what is missing of the second."""


@pytest.fixture
async def settled(running: Any) -> Any:
    """Two customers' lines in one settlement, of two aggregators."""
    await open_wallet(running)
    await open_wallet(running, OTHER, aggregatorId="ACEAE_2", customerId="CUSTOMER-2")
    await agree(running)
    body = {"pod": OTHER, "aggregatorId": "ACEAE_2", "customerSharePpm": 500_000}
    assert (await running.rival.post("/api/contracts/agreements", json=body)).status_code == 201
    others = line(3, pod=OTHER, aggregatorId="ACEAE_2")
    await settle(running, "s-1", line(1), others, line(2, 9))
    return running


async def proven(client: Any, line_id: str, query: str = "") -> ProofReport:
    answer = await client.get(f"/api/certification/proof/{line_id}{query}")
    assert answer.status_code == 200, answer.text
    return verify_proof(answer.content)


async def test_a_paid_line_is_proven_with_its_payment(settled: Any) -> None:
    report = await proven(settled.aggregator, "trade/1")
    assert report.valid, report.checks
    assert report.claims is not None
    assert report.claims.payment is not None
    payment = report.claims.payment
    assert (payment.customer_tokens, payment.aggregator_tokens) == (126 * 10**17, 14 * 10**17)
    assert (payment.number, payment.total.count, payment.total.is_recomputed) == (1, 2, False)
    assert payment.total.owed == 4 * 10**12
    assert report.claims.contract == settled.ledger.contracts["SettlementAgreement"]
    assert report.values == [
        "IT002E61899978, trade trade/1 of ACEAE",
        "reference 10 kWh, ordered change -2 kWh, measured 8 kWh",
        "2 kWh delivered at 7 EUR/kWh, 0 kWh missing at 11 EUR/kWh: 14 EUR",
        "to the customer 12.6 tokens, to the aggregator 1.4 tokens",
    ]
    owing = await proven(settled.auditor, "trade/2")
    assert owing.claims is not None
    assert owing.claims.payment is not None
    assert owing.claims.payment.net == -4 * 10**12


async def test_a_statement_comes_to_the_tokens_that_were_paid(settled: Any) -> None:
    report = await proven(settled.customer, "trade/2", "?statement=true")
    assert report.valid, report.checks
    assert [check.name for check in report.checks if check.passed][-2:] == ["total", "claims"]
    assert report.claims is not None
    assert report.claims.payment is not None
    assert report.claims.payment.total.is_recomputed


async def test_those_whom_a_line_concerns_have_its_proof(settled: Any) -> None:
    for client in (settled.aggregator, settled.customer, settled.operator, settled.auditor):
        assert (await proven(client, "trade/1")).valid
    other = settled.client("CUSTOMER-2", "Customer")
    for client in (settled.rival, other, settled.dso, settled.administrator):
        answer = await client.get("/api/certification/proof/trade/1")
        unknown = await client.get("/api/certification/proof/trade/9")
        assert (answer.status_code, answer.json()["type"]) == (404, unknown.json()["type"])
        assert answer.json()["detail"].replace("trade/1", "trade/9") == unknown.json()["detail"]


async def test_a_transaction_tells_each_its_own_lines(settled: Any) -> None:
    report = await proven(settled.auditor, "trade/1")
    assert report.claims is not None
    path = "/api/certification/getByTransaction?transaction=" + report.claims.transaction_hash

    async def shown(client: Any) -> list[str]:
        answer = await client.get(path)
        found = answer.json().get("certifications", [])
        assert answer.status_code == (200 if found else 404)
        assert all(each["content"] for each in found)
        return [each["id"] for each in found]

    assert await shown(settled.aggregator) == ["trade/1", "trade/2"]
    assert await shown(settled.rival) == ["trade/3"]
    assert await shown(settled.auditor) == ["trade/1", "trade/3", "trade/2"]
    assert await shown(settled.dso) == []
    assert await shown(settled.administrator) == []


async def test_a_statement_lists_the_lines_of_an_agreement(settled: Any) -> None:
    await settle(settled, "s-2", line(4))
    (agreement,) = (await settled.customer.get("/api/contracts/agreements")).json()["agreements"]
    path = f"/api/contracts/agreements/{agreement['agreementId']}/lines"
    listed = (await settled.customer.get(path)).json()
    found = [(each["number"], each["line"]["lineId"]) for each in listed["lines"]]
    assert found == [(1, "trade/1"), (2, "trade/2"), (3, "trade/4")]
    assert [each["settlementId"] for each in listed["lines"]] == ["s-1", "s-1", "s-2"]
    assert listed["lines"][0]["payment"]["customerTokens"] == 126 * 10**17
    for client in (settled.aggregator, settled.operator, settled.auditor):
        assert (await client.get(path)).json() == listed
    later = (await settled.customer.get(f"{path}?after=2")).json()
    assert later["lines"] == listed["lines"][2:]
    for stranger in (settled.rival, settled.client("CUSTOMER-2", "Customer")):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/agreement-unknown")
    assert (await settled.dso.get(path)).status_code == 403
    assert (await settled.operator.get(path.replace("0x", "0x00"))).status_code == 404


async def test_the_chain_tells_nothing_of_a_line(settled: Any) -> None:
    """No quantity, price, name, or hash of one: only roots, numbers of lines, and totals."""
    store = settled.ledger._chain.chain._store
    blocks = [store.by_number(number) for number in range(store.head().number + 1)]
    public = b"".join(b"".join(block.transactions + block.receipts) for block in blocks)
    for quantity in SECRET:
        assert quantity.to_bytes(32) not in public
    for name in (POD, OTHER, "trade", "s-1", "ACEAE", "CUSTOMER"):
        assert name.encode() not in public
    logs = [
        log
        for receipt in store.head().receipts
        for log in Receipt.decode(receipt).logs
        if log.address.hex() in settled.ledger.contracts["SettlementAgreement"].lower()
        and log.topics[0] != keccak(b"Transfer(address,address,uint256)")
    ]
    charged = keccak(b"Charged(bytes32,address,int256)")
    assert [log.topics[0] for log in logs] == [AGREEMENT_SETTLED, AGREEMENT_SETTLED, charged]
    assert set(AgreementSettled.__dataclass_fields__) == {
        *("batch", "agreement", "root", "first_line", "count"),
        *("paid", "owed", "relieved", "customer_share_ppm"),
    }


async def test_names_on_the_chain_are_of_this_ledgers_key(settled: Any) -> None:
    """An id that another ledger would give to the same names says nothing here."""
    listed = (await settled.operator.get("/api/contracts/agreements")).json()["agreements"]
    keys, first = settled.ledger._keys, listed[0]

    def named() -> str:
        tag = keys.name("agreement", "ACEAE", POD, "0")[:12]
        holder = int.from_bytes(tag) << 160 | int(first["wallet"], 16)
        share = first["customerSharePpm"] << 160 | int(first["owner"], 16)
        return "0x" + keccak(holder.to_bytes(32) + share.to_bytes(32)).hex()

    assert first["agreementId"] == named()
    keys._naming = bytes(32)
    assert first["agreementId"] != named()
