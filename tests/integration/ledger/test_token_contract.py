"""The token against a model of EIP-20, with every call that EIP-20 allows and forbids."""

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.integration.ledger.agreed_entry import agree, agreement_of, entry, next_line, settle

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.revert import revert_reason

UNBOUND = 2**256 - 1
PEOPLE = [SigningKey(bytes([number]) * 32) for number in (11, 12, 13)]
ZERO = "0x" + "0" * 40
MOST = 2**84 - 1
"""More than a payment adds at once."""
TRANSFER = keccak(b"Transfer(address,address,uint256)")
APPROVAL = keccak(b"Approval(address,address,uint256)")

person = st.integers(0, 2)
amount = st.one_of(st.integers(0, 100), st.sampled_from([UNBOUND, UNBOUND - 50, 2**255]))
operation = st.tuples(
    st.sampled_from(["mint", "transfer", "approve", "transferFrom"]), person, person, person, amount
)


class Model:
    """EIP-20 in a few lines of Python."""

    def __init__(self) -> None:
        self.balance: dict[int, int] = defaultdict(int)
        self.allowed: dict[tuple[int, int], int] = defaultdict(int)

    def mint(self, to: int, tokens: int) -> bool:
        self.balance[to] += tokens
        return True

    def transfer(self, sender: int, to: int, tokens: int) -> bool:
        if self.balance[sender] < tokens:
            return False
        self.balance[sender] -= tokens
        self.balance[to] += tokens
        return True

    def transfer_from(self, spender: int, owner: int, to: int, tokens: int) -> bool:
        allowed = self.allowed[owner, spender]
        if allowed < tokens or self.balance[owner] < tokens:
            return False
        if allowed != UNBOUND:
            self.allowed[owner, spender] = allowed - tokens
        return self.transfer(owner, to, tokens)


def perform(bench: Any, model: Model, step: tuple[str, int, int, int, int]) -> tuple[bool, Any]:
    name, one, two, three, tokens = step
    token, address = bench.at.agreement, [key.address for key in PEOPLE]
    if name == "mint":
        return model.mint(one, tokens % MOST), mint(bench, address[one], tokens % MOST, two)
    if name == "transfer":
        signature = "transfer(address,uint256)"
        done = bench.send(PEOPLE[one], token, signature, address[two], tokens)
        return model.transfer(one, two, tokens), done
    if name == "approve":
        signature = "approve(address,uint256)"
        model.allowed[one, two] = tokens
        return True, bench.send(PEOPLE[one], token, signature, address[two], tokens)
    signature = "transferFrom(address,address,uint256)"
    done = bench.send(PEOPLE[one], token, signature, address[two], address[three], tokens)
    return model.transfer_from(one, two, three, tokens), done


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(operation, max_size=12))
@example([("mint", 0, 0, 0, 9), ("approve", 0, 1, 0, 7), ("transferFrom", 1, 0, 2, 3)])
@example([("mint", 0, 0, 0, 9), ("approve", 0, 1, 0, 7), ("transferFrom", 1, 0, 1, 7)] * 2)
@example(
    [
        *(("mint", 0, 0, 0, 9), ("approve", 0, 1, 0, 3), ("transferFrom", 1, 0, 2, 2)),
        *(("transferFrom", 1, 0, 2, 2), ("transferFrom", 1, 0, 2, 1), ("transferFrom", 1, 0, 2, 1)),
    ]
)
@example([("mint", 0, 0, 0, 9), ("approve", 0, 1, 0, UNBOUND)] + [("transferFrom", 1, 0, 2, 4)] * 3)
@example([("mint", 0, 0, 0, 9), ("approve", 0, 1, 0, 5), ("approve", 0, 1, 0, 2)])
@example([("mint", 0, 0, 0, 9), ("transfer", 0, 1, 0, 9), ("transfer", 0, 1, 0, 1)])
@example([("mint", 0, 0, 0, 9), ("transfer", 0, 0, 0, 9), ("approve", 0, 0, 0, 9)])
@example([("mint", 0, 0, 0, MOST - 1), ("mint", 0, 1, 0, 7), ("transfer", 0, 1, 0, MOST + 6)])
@example(
    [("mint", 0, 0, 0, 5), ("mint", 0, 1, 0, 7), ("transfer", 0, 1, 0, 6), ("mint", 0, 1, 0, 9)]
)
def test_token_behaves_as_eip_20(make_bench: Any, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench, model = make_bench(Path(folder)), Model()
        for step in steps:
            expected, done = perform(bench, model, step)
            assert done.succeeded == expected, step
            if step[0] != "mint":  # which pays an aggregator, charges a requester, and says so
                assert len(done.logs) == int(expected)
        for index, key in enumerate(PEOPLE):
            assert bench.balance(key.address) == model.balance[index]
            for other, spender in enumerate(PEOPLE):
                values = (key.address, spender.address)
                signature = "allowance(address,address)"
                found = bench.ask(bench.at.agreement, signature, values, "uint256")
                assert found == model.allowed[index, other]
        supply = bench.ask(bench.at.agreement, "totalSupply()", (), "uint256")
        assert supply == sum(model.balance.values()) * 10**6  # the aggregator's are the rest


def test_events_are_those_of_eip_20(bench: Any) -> None:
    token, (ann, bob, _) = bench.at.agreement, PEOPLE
    minted = mint(bench, ann.address, 7).logs[0]
    assert minted.address == token
    assert minted.topics[0] == TRANSFER
    assert minted.topics[1] == bytes(32)
    assert minted.topics[2][12:] == bytes.fromhex(ann.address[2:])
    assert int.from_bytes(minted.data) == 7
    approved = bench.send(ann, token, "approve(address,uint256)", bob.address, 5).logs[0]
    assert approved.topics[0] == APPROVAL
    signature = "transferFrom(address,address,uint256)"
    moved = bench.send(bob, token, signature, ann.address, bob.address, 5)
    assert moved.output == (1).to_bytes(32)
    assert moved.logs[0].topics[0] == TRANSFER
    assert int.from_bytes(moved.logs[0].data) == 5


@pytest.fixture
def minted(bench: Any) -> Any:
    """The first of the people has ten units."""
    assert mint(bench, PEOPLE[0].address, 10).succeeded
    return bench


def mint(bench: Any, to: str, tokens: int, pot: int = 0) -> Any:
    """Pay so many units into a pot of an account, by an agreement of which it has a millionth."""
    terms: dict[str, Any] = {"tag": 1 + pot, "customer": to, "share": 1}
    agree(bench, **terms)  # made once
    first = next_line(bench, agreement_of(**terms))
    return settle(bench, entry(first, paid=tokens, **terms))


def allow(bench: Any, tokens: int) -> Any:
    """The first of the people lets the second move tokens."""
    owner, spender, _ = PEOPLE
    values = ("approve(address,uint256)", spender.address, tokens)
    return bench.send(owner, bench.at.agreement, *values)


def allowed(bench: Any) -> int:
    owner, spender, _ = PEOPLE
    values = (owner.address, spender.address)
    return int(bench.ask(bench.at.agreement, "allowance(address,address)", values, "uint256"))


def spend(bench: Any, tokens: int, to: str | None = None) -> Any:
    """The second moves the first one's tokens to the third."""
    owner, spender, third = PEOPLE
    values = (owner.address, to or third.address, tokens)
    return bench.send(spender, bench.at.agreement, "transferFrom(address,address,uint256)", *values)


def balances(bench: Any) -> list[int]:
    return [bench.balance(key.address) for key in PEOPLE]


def refusal(outcome: Any) -> str:
    assert not outcome.succeeded
    assert outcome.logs == ()
    return revert_reason(outcome.output).removeprefix("PlatoneToken: ")


def test_an_allowance_is_used_up_and_not_a_unit_more(minted: Any) -> None:
    allow(minted, 7)
    assert spend(minted, 3).succeeded
    assert (allowed(minted), balances(minted)) == (4, [7, 0, 3])
    assert refusal(spend(minted, 5)) == "beyond the allowance"
    assert (allowed(minted), balances(minted)) == (4, [7, 0, 3])
    assert spend(minted, 4).succeeded
    assert (allowed(minted), balances(minted)) == (0, [3, 0, 7])
    assert refusal(spend(minted, 1)) == "beyond the allowance"
    assert spend(minted, 0).succeeded


def test_an_unbounded_allowance_stays(minted: Any) -> None:
    allow(minted, UNBOUND)
    assert spend(minted, 9).succeeded
    assert allowed(minted) == UNBOUND
    assert refusal(spend(minted, 2)) == "beyond the balance"
    allow(minted, UNBOUND - 1)
    assert spend(minted, 1).succeeded
    assert allowed(minted) == UNBOUND - 2


def test_a_second_approval_replaces_the_first(minted: Any) -> None:
    allow(minted, 7)
    assert allow(minted, 2).output == (1).to_bytes(32)
    assert allowed(minted) == 2
    assert refusal(spend(minted, 3)) == "beyond the allowance"
    allow(minted, 0)
    assert refusal(spend(minted, 1)) == "beyond the allowance"


def test_the_whole_balance_moves_and_not_a_unit_more(minted: Any) -> None:
    owner, _, third = PEOPLE
    signature = "transfer(address,uint256)"
    over = minted.send(owner, minted.at.agreement, signature, third.address, 11)
    assert refusal(over) == "beyond the balance"
    moved = minted.send(owner, minted.at.agreement, signature, third.address, 10)
    assert (moved.succeeded, moved.output) == (True, (1).to_bytes(32))
    assert balances(minted) == [0, 0, 10]
    allow(minted, 10)
    assert refusal(spend(minted, 1)) == "beyond the balance"


def test_the_spender_alone_is_allowed(minted: Any) -> None:
    owner, _, third = PEOPLE
    allow(minted, 7)
    values = (owner.address, third.address, 1)
    signature = "transferFrom(address,address,uint256)"
    assert (
        refusal(minted.send(third, minted.at.agreement, signature, *values))
        == "beyond the allowance"
    )
    own = minted.send(owner, minted.at.agreement, signature, *values)
    assert refusal(own) == "beyond the allowance"


def test_a_transfer_to_oneself_changes_nothing(minted: Any) -> None:
    owner, *_ = PEOPLE
    moved = minted.send(owner, minted.at.agreement, "transfer(address,uint256)", owner.address, 10)
    assert moved.succeeded
    assert balances(minted) == [10, 0, 0]


def test_an_ended_agreements_tokens_stay_its_customers(minted: Any) -> None:
    """Two pots; one is closed, and a third takes its place in the account's list."""
    owner, _, third = PEOPLE
    assert mint(minted, owner.address, 20, pot=1).succeeded
    ended = agreement_of(1, 1, owner.address)
    end = ("end_agreement(bytes32)", ended)
    assert minted.send(minted.operator, minted.at.agreement, *end).succeeded
    assert balances(minted) == [30, 0, 0]
    assert mint(minted, owner.address, 40, pot=2).succeeded
    assert mint(minted, owner.address, 1).succeeded  # traded before the end: into the balance
    assert next_line(minted, ended) == 3
    moved = minted.send(owner, minted.at.agreement, "transfer(address,uint256)", third.address, 71)
    assert moved.succeeded
    assert balances(minted) == [0, 0, 71]
    assert next_line(minted, agreement_of(3, 1, owner.address)) == 2


def test_an_account_has_sixteen_pots_at_once(minted: Any) -> None:
    owner, *_ = PEOPLE
    for pot in range(1, 16):
        assert mint(minted, owner.address, 1, pot).succeeded
    assert refusal(agree(minted, tag=99, customer=owner.address)) == "too many pots"
    end = ("end_agreement(bytes32)", agreement_of(1, 1, owner.address))
    assert minted.send(minted.operator, minted.at.agreement, *end).succeeded
    assert agree(minted, tag=99, customer=owner.address).succeeded
    assert balances(minted) == [25, 0, 0]


def test_nothing_goes_to_the_zero_address(minted: Any) -> None:
    owner, *_ = PEOPLE
    for tokens in (0, 1):
        for signature in ("transfer(address,uint256)", "approve(address,uint256)"):
            refused = minted.send(owner, minted.at.agreement, signature, ZERO, tokens)
            assert refusal(refused) == "zero address"
    allow(minted, 5)
    assert refusal(spend(minted, 1, ZERO)) == "zero address"
    assert (allowed(minted), balances(minted)) == (5, [10, 0, 0])
    assert minted.balance(ZERO) == 0


def test_metadata(bench: Any) -> None:
    assert bench.ask(bench.at.agreement, "decimals()", (), "uint8") == 18
    assert bench.ask(bench.at.agreement, "name()", (), "string") == "Platone token"
    assert bench.ask(bench.at.agreement, "symbol()", (), "string") == "PLTK"
