"""The ledger's contracts on a network: certified, agreed, paid and proven by a real node."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.anvil import Anvil, pause_mining, running
from tests.integration.ledger.conftest import make_ledger
from tests.integration.ledger.network import (
    FREE,
    OWNER,
    PATIENCE_S,
    anchors,
    asked,
    confirmed,
    network_ledger,
    text,
    until,
)
from tests.integration.ledger.test_settlement_kill import agreed_ledger, balances, order

from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.context import Ledger
from platone.ledger.domain.problem import ContractRefused, ContractsMissing
from platone.ledger.domain.proof import Proof
from platone.ledger.domain.proof_report import report_text
from platone.ledger.domain.verification import verify_proof
from platone.ledger.service.witness import confirm

HASHES = (False,)
"""Of a block's transactions only the hashes are asked for."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Anvil]:
    with running(tmp_path / "node", *FREE) as started:
        yield started


async def test_a_day_is_certified_agreed_and_paid(
    node: Anvil, tmp_path: Path, contract_cache: Path
) -> None:
    ledger = network_ledger(tmp_path, contract_cache, node)
    await agreed_ledger(ledger)
    receipt, is_new = await ledger._settle.settle(order("s-1", 0, 1, 2, 3, 4))
    assert is_new
    assert [line.problem for line in receipt.lines] == [None] * 5
    assert await balances(ledger) == ["37.8", "25.2"]
    told = await ledger._reconcile()
    assert told.is_reconciled, told.differences
    (paid,) = receipt.transaction_hashes
    assert (await asked(node, "eth_getTransactionReceipt", paid))["status"] == "0x1"
    with pytest.raises(ContractRefused, match="registered before"):
        await ledger._certify._contracts.register_node(ledger._keys.administrator, "0x" + "1" * 40)
        await ledger._certify._contracts.register_node(ledger._keys.administrator, "0x" + "1" * 40)
    height = await asked(node, "eth_blockNumber")
    await ledger.stop()
    again = network_ledger(tmp_path, contract_cache, node)
    await again.start()
    assert await again._settle.settle(order("s-1", 0, 1, 2, 3, 4)) == (receipt, False)
    assert await asked(node, "eth_blockNumber") == height
    await again.stop()


async def test_a_proof_says_what_the_network_has_to_say(
    node: Anvil, tmp_path: Path, contract_cache: Path
) -> None:
    """In a block with transactions of other people and of other types."""
    ledger = network_ledger(tmp_path, contract_cache, node)
    await ledger.start()
    await pause_mining(node)
    certifying = asyncio.create_task(ledger._certify.certify(OWNER, [text(1), text(2)]))
    people = await asked(node, "eth_accounts")
    for kind, extra in (
        ("0x0", {"gasPrice": "0x77359400"}),
        (
            "0x1",
            {
                "gasPrice": "0x77359400",
                "accessList": [{"address": people[3], "storageKeys": ["0x" + "01" * 32]}],
            },
        ),
        ("0x2", {"maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x1"}),
    ):
        sent = {"from": people[int(kind, 16)], "to": people[9], "value": "0x5", "type": kind}
        await asked(node, "eth_sendTransaction", sent | extra)
    assert (await certifying).certifications[0].status == "PENDING"
    await asked(node, "evm_mine")
    await until(lambda: confirmed(ledger, 1))
    stored = (await ledger._certify.named("record/2"))[0]
    file = await ledger._certify.prove(stored)
    await ledger.stop()

    report = verify_proof(file, expected_chain=864300)
    assert report.valid, report.checks
    assert report.claims is not None
    assert report.claims.sealer is None
    block = await asked(node, "eth_getBlockByNumber", hex(report.claims.block_number), *HASHES)
    assert (report.claims.block_hash, len(block["transactions"])) == (block["hash"], 4)
    assert [check.name for check in report.checks if check.passed is None and check.applies] == [
        "network",
        "contract",
    ]
    said = report_text(report)
    assert f"has the hash {block['hash']} is not shown by the file" in said
    assert f"PROVEN: this settlement stood in a block of the hash {block['hash']}." in said
    asked_too = await asyncio.to_thread(confirm, report, HttpRpc(node.url))
    assert asked_too.valid
    assert f"stood in block {report.claims.block_number}." in report_text(asked_too)
    assert not verify_proof(file, expected_sealer=report.claims.certifier).valid
    proof = Proof.decode(file)
    other = replace_claims(proof, block_hash="0x" + "11" * 32)
    assert not verify_proof(other).valid


def replace_claims(proof: Proof, **changed: str) -> bytes:
    assert proof.claims is not None
    claims = msgspec.structs.replace(proof.claims, **changed)
    return msgspec.structs.replace(proof, claims=claims).encode()


async def test_what_waits_is_sent_once_by_the_next_run(
    node: Anvil, tmp_path: Path, contract_cache: Path
) -> None:
    """The ledger ends while no block is made: its transactions are neither lost nor doubled."""
    ledger = network_ledger(tmp_path, contract_cache, node)
    await ledger.start()
    await pause_mining(node)
    for number in (1, 2):
        made = await ledger._certify.certify(OWNER, [text(number)])
        assert made.certifications[0].status == "PENDING"
    await ledger.stop()
    ledger = network_ledger(tmp_path, contract_cache, node)
    starting = asyncio.create_task(ledger.start())
    await asyncio.sleep(1)
    await pause_mining(node, may_go_on=True)
    await asked(node, "evm_mine")
    await starting
    await until(lambda: confirmed(ledger, 2))
    assert await confirmed(ledger, 1)
    assert len(await anchors(ledger, node)) == 2
    await ledger.stop()


async def test_a_node_that_is_away_holds_up_nobody(
    tmp_path: Path, contract_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.ledger.context._PAUSE_S", 0.2)
    with running(tmp_path / "node", *FREE) as node:
        node.stop()
        ledger = network_ledger(tmp_path, contract_cache, node)
        await ledger.start()
        made = await ledger._certify.certify(OWNER, [text(1)])
        assert made.certifications[0].status == "PENDING"
        node.start()
        await until(lambda: confirmed(ledger, 1))
        await asyncio.wait_for(ledger._has_begun.wait(), PATIENCE_S)
        states = {each.name: each.state.value for each in ledger.supervisor.health()}
        assert states.keys() == {"ledger.chainWriter", "ledger.network", "ledger.books"}
        await ledger.stop()


async def test_another_chain_is_refused(node: Anvil, tmp_path: Path, contract_cache: Path) -> None:
    ledger = network_ledger(tmp_path, contract_cache, node)
    ledger._chain._chain_id = 1  # type: ignore[attr-defined]  # as by another setting
    with pytest.raises(ContractsMissing, match="is of chain 864300, and chain_id is 1"):
        await ledger.start()
    await ledger.stop()


async def test_a_folder_stays_with_its_chain(
    node: Anvil, tmp_path: Path, contract_cache: Path, folder: Path
) -> None:
    """One of the embedded chain is not begun anew on a network, nor the other way round."""
    moved = tmp_path / "moved"
    (moved / "ledger").parent.mkdir(parents=True)
    shutil.move(folder, moved / "ledger")
    (moved / "ledger" / "ledger.db").rename(moved / "ledger.db")
    ledger = network_ledger(moved, contract_cache, node)
    with pytest.raises(ContractsMissing, match="on another chain"):
        await ledger.start()
    await ledger.stop()
    ledger = network_ledger(tmp_path / "own", contract_cache, node)
    await ledger.start()
    await ledger.stop()
    home = tmp_path / "own" / "ledger"
    (tmp_path / "own" / "ledger.db").rename(home / "ledger.db")
    embedded: Ledger = make_ledger(home)
    with pytest.raises(ContractsMissing, match="on a network"):
        await embedded.start()
    await embedded.stop()
