"""Four validators of four parties: what one takes all have, whoever is away comes back."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.validators import Validator, consortium, ready, wait_for

from platone.bootstrap.consortium import join_consortium, read_consortium
from platone.bootstrap.consortium_change import (
    agree_to_change,
    draft_invitation,
    draft_removal,
    hand_over_change,
)
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.domain.problem import RpcUnavailable


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Validator]]:
    with consortium(tmp_path_factory.mktemp("four")) as validators:
        yield validators


def same_head(validators: list[Validator]) -> dict[str, object]:
    """Wait until all have the same newest block, and return it."""

    def found() -> dict[str, object] | None:
        heads = [each.head() for each in validators]
        return heads[0] if all(head == heads[0] for head in heads) else None

    head: dict[str, object] = wait_for(found)
    return head


def test_a_transaction_that_one_takes_is_in_all(four: list[Validator]) -> None:
    key = SigningKey()
    digests = [four[0].send(key, nonce) for nonce in range(3)]
    receipts = [[each.receipt(digest) for digest in digests] for each in four]
    assert all(found == receipts[0] for found in receipts)
    assert {receipt["status"] for receipt in receipts[0]} == {"0x1"}
    same_head(four)
    for each in four:
        store = ValidatorStore(each.folder / "chain.db", read_only=True)
        assert audit_chain(store, 864300) == int(str(four[0].head()["number"]), 16) + 1
        store.close()


def test_a_chain_at_rest_makes_no_blocks(four: list[Validator]) -> None:
    same_head(four)
    time.sleep(1.5)
    before = [each.status()["height"] for each in four]
    time.sleep(1.5)
    assert [each.status()["height"] for each in four] == before


def test_what_cannot_enter_a_block_is_refused_at_the_door(four: list[Validator]) -> None:
    key = SigningKey()
    four[0].receipt(four[0].send(key, 0))
    with pytest.raises(RpcUnavailable, match="nonce too low: next nonce 1"):
        four[0].send(key, 0, to=b"\x22" * 20)
    with pytest.raises(RpcUnavailable, match="nonce too high"):
        four[0].send(key, 5000)
    with pytest.raises(RpcUnavailable, match="no transaction that is taken"):
        four[0].rpc.call("eth_sendRawTransaction", "0x02c0")
    with pytest.raises(RpcUnavailable, match="this is no change of the members"):
        four[0].rpc.call("platone_changeMembers", {"number": 0})


def test_transactions_that_come_in_the_wrong_order_wait_for_each_other(
    four: list[Validator],
) -> None:
    key = SigningKey()
    later = four[1].send(key, 1)
    first = four[2].send(key, 0)
    assert four[0].receipt(first)["status"] == four[3].receipt(later)["status"] == "0x1"


def test_a_gap_that_stays_is_let_go_and_the_chain_rests(four: list[Validator]) -> None:
    four[0].send(SigningKey(), 7)
    heights = [0, -1]
    while heights[-1] != heights[-2]:
        time.sleep(2)
        heights.append(four[0].status()["height"])
    number = four[0].head()["number"]
    four[0].receipt(four[0].send(SigningKey(), 0))
    assert int(str(four[0].head()["number"]), 16) == int(str(number), 16) + 1


def test_one_of_four_killed_holds_up_nobody(four: list[Validator]) -> None:
    four[3].end(signal.SIGKILL)
    key = SigningKey()
    for nonce in range(4):
        four[nonce % 3].receipt(four[nonce % 3].send(key, nonce))
    four[3].start()
    same_head(four)


def test_two_of_four_killed_wait_and_go_on_without_a_fork(four: list[Validator]) -> None:
    before = same_head(four)
    four[1].end(signal.SIGKILL)
    four[2].end(signal.SIGKILL)
    key = SigningKey()
    digest = four[0].send(key, 0)
    time.sleep(4)
    assert four[0].head() == four[3].head() == before
    four[1].start()
    assert four[0].receipt(digest)["status"] == "0x1"
    four[2].start()
    assert four[2].receipt(digest) == four[0].receipt(digest)
    same_head(four)


def test_all_stopped_and_started_have_what_they_had(four: list[Validator]) -> None:
    before = same_head(four)
    for each in four:
        each.end(signal.SIGTERM)
        assert each.status_at_end() == 0
    for each in four:
        each.start()
    ready(four)
    assert same_head(four) == before
    four[1].receipt(four[1].send(SigningKey(), 0))


def test_a_stranger_with_the_same_files_finds_no_peer(
    four: list[Validator], tmp_path: Path
) -> None:
    stranger = Validator(tmp_path / "stranger", "Stranger")
    change = draft_invitation(four[0].folder, stranger.member, tmp_path / "change.json")
    assert change.number == 1
    file = stranger.folder / "consortium.json"
    content = (four[0].folder / "consortium.json").read_text()
    forged = tmp_path / "forged.json"  # it takes the place of a founder in its own copy
    aggregator = four[3].member.read_text().split('"validatorKey": ')[1].split(",")[0]
    own = stranger.member.read_text().split('"validatorKey": ')[1].split(",")[0]
    forged.write_text(content.replace(aggregator, own))
    join_consortium(stranger.folder, forged)
    assert file.exists()
    stranger.start()
    try:
        wait_for(stranger.status)
        time.sleep(3)
        assert stranger.status()["peers"] == []
        assert stranger.head()["number"] == "0x0"
        assert all("Stranger" not in str(each.status()["peers"]) for each in four)
        assert all(len(each.status()["peers"]) == 3 for each in four)
    finally:
        stranger.end(signal.SIGKILL)


def test_a_validator_that_tells_another_state_is_outvoted_and_stops(four: list[Validator]) -> None:
    four[2].end()
    four[2].start(is_false=True)
    ready(four)
    key = SigningKey()
    first = four[0].receipt(four[0].send(key, 0))
    assert four[2].status_at_end() == 1
    assert "differs from what the others agreed" in four[2].log.read_text()
    second = four[0].receipt(four[0].send(key, 1))
    assert int(second["blockNumber"], 16) == int(first["blockNumber"], 16) + 1
    assert four[1].receipt(second["transactionHash"]) == second


def test_a_member_comes_and_another_goes_by_agreement(
    four: list[Validator], tmp_path: Path
) -> None:
    four[2].end()  # who goes may be away
    others = [four[0], four[1], four[3]]
    fifth = Validator(tmp_path / "fifth", "Metering company")
    file = tmp_path / "change.json"
    draft_invitation(four[0].folder, fifth.member, file)
    change, missing = agree_to_change(four[1].folder, file)
    assert missing == 1
    with pytest.raises(Exception, match="needs 3 of 4 members; 2 agree"):
        hand_over_change(change, four[0].url)
    change, missing = agree_to_change(four[3].folder, file)
    assert missing == 0
    hand_over_change(change, four[0].url)
    wait_for(lambda: all(len(each.status()["members"]) == 5 for each in others))
    try:
        kept = four[0].folder / "consortium.json"
        wait_for(lambda: fifth.name in kept.read_text())
        join_consortium(fifth.folder, kept)
        fifth.start()
        same_head([*others, fifth])
        wait_for(lambda: len(fifth.status()["peers"]) == 3)
        four[0].receipt(fifth.send(SigningKey(), 0))

        wait_for(lambda: all(len(read_consortium(each.folder).members) == 5 for each in others))
        draft_removal(four[0].folder, "TSO", file)
        agree_to_change(four[1].folder, file)
        agree_to_change(four[3].folder, file)
        change, missing = agree_to_change(fifth.folder, file)
        assert missing == 0
        hand_over_change(change, fifth.url)
        wait_for(lambda: all(len(each.status()["members"]) == 4 for each in [*others, fifth]))
        four[0].receipt(four[0].send(SigningKey(), 0))

        wait_for(lambda: all(len(read_consortium(each.folder).members) == 4 for each in others))
        draft_removal(four[0].folder, "Metering company", file)
        agree_to_change(four[1].folder, file)
        change, missing = agree_to_change(four[3].folder, file)
        hand_over_change(change, four[0].url)
        assert fifth.status_at_end() == 1
        assert "Metering company was removed from the consortium." in fifth.log.read_text()
        four[0].receipt(four[3].send(SigningKey(), 0))
        same_head(others)
    finally:
        fifth.end(signal.SIGKILL)
