"""Four real validators upgrade a contract: by consent, at its block, without a fork."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.ledger.consensus.test_four_validators import same_head
from tests.newer_contracts import NewerContracts
from tests.validators import CHAIN_ID, Validator, consortium, ready, wait_for

from platone.bootstrap.consortium import read_consortium
from platone.bootstrap.consortium_audit import audit_validator
from platone.bootstrap.consortium_change import (
    agree_to_change,
    draft_upgrade,
    hand_over_change,
    tell_change,
    tell_consortium,
)
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm import compiler, contract_version
from platone.ledger.adapters.evm.compiler import Artifact
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.event import label
from platone.ledger.domain.merkle import salted_leaf
from platone.ledger.domain.proof import FORMAT, Proof, tohex
from platone.ledger.domain.trie import list_proof
from platone.ledger.domain.verification import verify_proof, with_claims

CONTENT, SALT = '{"what":"a notice"}', b"\x07" * 32
LEAF = salted_leaf(CONTENT.encode(), SALT)
KIND, NO_KIND = label("notice"), bytes(32)


class Operator:
    """The market operator's account, with its contract."""

    def __init__(self, door: Validator, creation: bytes) -> None:
        self.key, self.door, self.nonce = SigningKey(), door, 0
        self.at = Deployment.by(self.key).certification
        self.sends(b"", creation)
        self.sends(self.at, call_data("authorise(address)", (self.key.address,)))

    def sends(self, to: bytes, data: bytes) -> dict[str, str]:
        digest = self.door.send(self.key, self.nonce, to, data)
        self.nonce += 1
        return self.door.receipt(digest)

    def anchors(self, kind: bytes) -> tuple[bool, int, dict[str, str]]:
        data = call_data("anchor(bytes32,bytes32,uint256)", (LEAF, kind, 1))
        receipt = self.sends(self.at, data)
        return receipt["status"] == "0x1", int(receipt["blockNumber"], 16), receipt

    def release(self, at: str) -> str:
        asked = {"to": tohex(self.at), "data": tohex(call_data("release()", ()))}
        told: str = self.door.rpc.call("eth_call", asked, at)
        return told


def proof_of(door: Validator, receipt: dict[str, str]) -> Proof:
    store = ValidatorStore(door.folder / "chain.db", read_only=True)
    block = store.by_number(int(receipt["blockNumber"], 16))
    store.close()
    assert block is not None
    position = int(receipt["transactionIndex"], 16)
    seal = wait_for(lambda: door.rpc.call("platone_getSeal", receipt["blockHash"]))
    return with_claims(
        Proof(
            format=FORMAT,
            content=CONTENT,
            salt=tohex(SALT),
            leaf_index=0,
            path=[],
            transaction_index=position,
            transaction_proof=[tohex(node) for node in list_proof(block.transactions, position)],
            receipt_proof=[tohex(node) for node in list_proof(block.receipts, position)],
            header=tohex(block.header),
            seal=seal,
        )
    )


@dataclass
class History:
    """Four members, their contract, and the upgrade that they come to agree."""

    four: list[Validator]
    operator: Operator
    newer: NewerContracts
    file: Path
    begins: int = 0

    @contextmanager
    def release(self) -> Iterator[None]:
        """Be a person's program of the next release."""
        with pytest.MonkeyPatch.context() as release:
            release.setattr(compiler, "CONTRACTS", self.newer.sources)
            release.setattr(contract_version, "VERSIONS", self.newer.versions)
            yield

    def height(self) -> int:
        return int(str(same_head(self.four)["number"]), 16)


@pytest.fixture
def history(contracts: dict[str, Artifact], tmp_path: Path) -> Iterator[History]:
    newer = NewerContracts(tmp_path / "newer")
    with consortium(tmp_path / "upgrade") as four:
        operator = Operator(four[0], contracts["Certification"].creation_code)
        yield History(four, operator, newer, tmp_path / "change.json")


def test_an_upgrade_from_its_proposal_to_the_proofs_after_it(history: History) -> None:
    succeeded, _, receipt = history.operator.anchors(KIND)
    assert succeeded
    before = proof_of(history.four[0], receipt)
    assert history.operator.anchors(NO_KIND)[0]
    three_install_the_next_release(history)
    two_consents_change_nothing(history)
    it_begins_at_its_block_once_three_agree(history)
    succeeded, _, receipt = history.operator.anchors(KIND)
    assert succeeded
    after = proof_of(history.four[0], receipt)
    who_is_outdated_comes_back_with_the_next_release(history)
    one_that_begins_anew_agrees(history)
    all_of_it_is_executed_again(history)
    for proof in (before, after):
        report = verify_proof(
            proof.encode(),
            expected_sealer=history.four[0].status()["consortium"],
            expected_chain=CHAIN_ID,
            expected_contract=tohex(history.operator.at),
        )
        assert report.valid, report.checks


def three_install_the_next_release(history: History) -> None:
    for each in history.four[:3]:
        each.end()
        each.versions = history.newer.versions
        each.start()
    ready(history.four)


def two_consents_change_nothing(history: History) -> None:
    first, second, _, outdated = history.four
    history.begins = history.height() + 4
    with history.release():
        address = tohex(history.operator.at)
        draft_upgrade(first.folder, "Certification", address, history.begins, history.file)
        told = "\n".join(tell_change(second.folder, history.file))
        assert f"Certification gets another code from block {history.begins} on" in told
        assert "version 1 of Certification" in told
        assert f"{history.newer.hash}, version 2 of Certification" in told
        assert "agreed by    Market operator; 2 more must agree" in told
        change, missing = agree_to_change(second.folder, history.file)
        assert missing == 1
        with pytest.raises(ConsortiumInvalid, match="needs 3 of 4 members; 2 agree"):
            hand_over_change(change, first.url)
    with pytest.raises(ConsortiumInvalid, match="install one that knows it before you agree"):
        agree_to_change(outdated.folder, history.file)
    assert history.operator.anchors(NO_KIND)[0]


def it_begins_at_its_block_once_three_agree(history: History) -> None:
    first, _, third, outdated = history.four
    with history.release():
        change, missing = agree_to_change(third.folder, history.file)
    assert missing == 0
    hand_over_change(change, first.url)
    wait_for(lambda: all(each.rpc.call("platone_getUpgrades") for each in history.four))
    assert history.height() == history.begins - 2
    wait_for(lambda: "install a version that knows" in outdated.log.read_text())
    assert history.operator.anchors(NO_KIND)[:2] == (True, history.begins - 1)
    history.height()
    assert history.operator.anchors(NO_KIND)[:2] == (False, history.begins)
    assert outdated.status_at_end() == 1
    said = outdated.log.read_text()
    assert f"From block {history.begins} on the members agreed the code" in said
    assert "differs from what the others agreed" not in said
    assert int(history.operator.release("latest"), 16) == 2


def who_is_outdated_comes_back_with_the_next_release(history: History) -> None:
    outdated = history.four[3]
    outdated.start()
    assert outdated.status_at_end() == 1
    outdated.versions = history.newer.versions
    outdated.start()
    ready(history.four)
    assert same_head(history.four)["stateRoot"] == history.four[0].head()["stateRoot"]


def one_that_begins_anew_agrees(history: History) -> None:
    """It executes all from the first block: with the old code, then with the new one."""
    anew = history.four[2]
    anew.end(signal.SIGKILL)
    for each in anew.folder.glob("chain.db*"):
        each.unlink()
    for kept in (anew.folder / "cometbft" / "data").iterdir():
        if kept.is_dir():
            shutil.rmtree(kept)
    anew.start()
    ready(history.four)
    assert history.operator.anchors(KIND)[0]
    history.height()


def all_of_it_is_executed_again(history: History) -> None:
    height = history.height()
    for each in history.four:
        found = audit_validator(each.folder)
        assert found.is_sound, found.faults
        assert found.blocks == height + 1
    wait_for(lambda: all(read_consortium(each.folder).upgrades for each in history.four))
    told = "\n".join(tell_consortium(history.four[3].folder))
    assert f"another code since block {history.begins}" in told
