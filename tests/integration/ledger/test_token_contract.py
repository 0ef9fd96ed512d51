"""The token against a model of EIP-20, with every call that EIP-20 allows and forbids."""

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platone.kernel.signature import SigningKey

UNBOUND = 2**256 - 1
PEOPLE = [SigningKey(bytes([number]) * 32) for number in (11, 12, 13)]
ZERO = "0x" + "0" * 40
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
        if sum(self.balance.values()) + tokens > UNBOUND:
            return False
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
    token, address = bench.at.token, [key.address for key in PEOPLE]
    if name == "mint":
        done = bench.send(bench.operator, token, "mint(address,uint256)", address[one], tokens)
        return model.mint(one, tokens), done
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
def test_token_behaves_as_eip_20(make_bench: Any, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench, model = make_bench(Path(folder)), Model()
        bench.send(bench.operator, bench.at.token, "authorise(address)", bench.operator.address)
        for step in steps:
            expected, done = perform(bench, model, step)
            assert done.succeeded == expected, step
            assert len(done.logs) == int(expected)
        for index, key in enumerate(PEOPLE):
            assert bench.balance(key.address) == model.balance[index]
            for other, spender in enumerate(PEOPLE):
                values = (key.address, spender.address)
                signature = "allowance(address,address)"
                found = bench.ask(bench.at.token, signature, values, "uint256")
                assert found == model.allowed[index, other]
        supply = bench.ask(bench.at.token, "totalSupply()", (), "uint256")
        assert supply == sum(model.balance.values())


def test_events_are_those_of_eip_20(bench: Any) -> None:
    token, (ann, bob, _) = bench.at.token, PEOPLE
    bench.send(bench.operator, token, "authorise(address)", bench.operator.address)
    minted = bench.send(bench.operator, token, "mint(address,uint256)", ann.address, 7).logs[0]
    assert minted.topics[0] == TRANSFER
    assert minted.topics[1] == bytes(32)
    approved = bench.send(ann, token, "approve(address,uint256)", bob.address, 5).logs[0]
    assert approved.topics[0] == APPROVAL
    signature = "transferFrom(address,address,uint256)"
    moved = bench.send(bob, token, signature, ann.address, bob.address, 5)
    assert moved.output == (1).to_bytes(32)
    assert moved.logs[0].topics[0] == TRANSFER
    assert int.from_bytes(moved.logs[0].data) == 5


def test_nothing_moves_to_the_zero_address(bench: Any) -> None:
    for signature in ("transfer(address,uint256)", "approve(address,uint256)"):
        assert not bench.send(bench.stranger, bench.at.token, signature, ZERO, 0).succeeded


def test_metadata(bench: Any) -> None:
    assert bench.ask(bench.at.token, "decimals()", (), "uint8") == 18
    assert bench.ask(bench.at.token, "name()", (), "string") == "Platone token"
    assert bench.ask(bench.at.token, "symbol()", (), "string") == "PLTK"
