"""Four real validators upgrade a contract: by consent, at its block, without a fork."""

import shutil
import signal
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> NewerContracts:
    return NewerContracts(tmp_path_factory.mktemp("newer"))


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Validator]]:
    with consortium(tmp_path_factory.mktemp("upgrade")) as validators:
        yield validators


def test_an_upgrade_from_its_proposal_to_the_proofs_after_it(  # noqa: PLR0915 - one history
    four: list[Validator],
    contracts: dict[str, Artifact],
    newer: NewerContracts,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    first, second, third, outdated = four
    operator = Operator(first, contracts["Certification"].creation_code)
    succeeded, _, receipt = operator.anchors(KIND)
    assert succeeded
    before = proof_of(first, receipt)
    assert operator.anchors(NO_KIND)[0]

    # three install the next release; the aggregator does not
    for each in (first, second, third):
        each.end()
        each.versions = newer.versions
        each.start()
    ready(four)
    height = int(str(same_head(four)["number"]), 16)
    begins, file = height + 4, tmp_path / "change.json"
    address = tohex(operator.at)
    with monkeypatch.context() as release:
        release.setattr(compiler, "CONTRACTS", newer.sources)
        release.setattr(contract_version, "VERSIONS", newer.versions)
        draft_upgrade(first.folder, "Certification", address, begins, file)
        told = "\n".join(tell_change(second.folder, file))
        assert f"Certification gets another code from block {begins} on" in told
        assert "version 1 of Certification" in told
        assert f"{newer.hash}, version 2 of Certification" in told
        assert "agreed by    Market operator; 2 more must agree" in told
        change, missing = agree_to_change(second.folder, file)
        assert missing == 1
        with pytest.raises(ConsortiumInvalid, match="needs 3 of 4 members; 2 agree"):
            hand_over_change(change, first.url)
    with pytest.raises(ConsortiumInvalid, match="install one that knows it before you agree"):
        agree_to_change(outdated.folder, file)
    assert operator.anchors(NO_KIND)[0]  # two of four changed nothing
    with monkeypatch.context() as release:
        release.setattr(contract_version, "VERSIONS", newer.versions)
        change, missing = agree_to_change(third.folder, file)
        assert missing == 0
        hand_over_change(change, first.url)
    wait_for(lambda: all(each.rpc.call("platone_getUpgrades") for each in four))
    assert int(str(same_head(four)["number"]), 16) == begins - 2
    wait_for(lambda: "from block" in outdated.log.read_text())
    assert "install a version that knows" in outdated.log.read_text()

    # up to the block before nothing is different; from it on the new rule holds
    assert operator.anchors(NO_KIND)[:2] == (True, begins - 1)
    same_head(four)
    succeeded, number, _ = operator.anchors(NO_KIND)
    assert (succeeded, number) == (False, begins)
    assert outdated.status_at_end() == 1
    assert f"From block {begins} on the members agreed the code" in outdated.log.read_text()
    assert "differs from what the others agreed" not in outdated.log.read_text()
    assert int(operator.release("latest"), 16) == 2
    succeeded, _, receipt = operator.anchors(KIND)
    assert succeeded
    after = proof_of(first, receipt)

    # it does not start again either, until it is of the next release
    outdated.start()
    assert outdated.status_at_end() == 1
    outdated.versions = newer.versions
    outdated.start()
    ready(four)
    assert same_head(four)["stateRoot"] == first.head()["stateRoot"]

    # one that begins anew executes all of it from the first block, with the old software too far
    third.end(signal.SIGKILL)
    (third.folder / "chain.db").unlink()
    for kept in (third.folder / "cometbft" / "data").iterdir():
        if kept.is_dir():
            shutil.rmtree(kept)
    third.start()
    ready(four)
    assert operator.anchors(KIND)[0]
    same_head(four)

    for each in four:
        found = audit_validator(each.folder)
        assert found.is_sound, found.faults
        assert found.blocks == int(str(first.head()["number"]), 16) + 1
    wait_for(lambda: all(read_consortium(each.folder).upgrades for each in four))
    told = "\n".join(tell_consortium(outdated.folder))
    assert f"another code since block {begins}" in told
    founding = first.status()["consortium"]
    for proof in (before, after):
        report = verify_proof(
            proof.encode(),
            expected_sealer=founding,
            expected_chain=CHAIN_ID,
            expected_contract=address,
        )
        assert report.valid, report.checks
