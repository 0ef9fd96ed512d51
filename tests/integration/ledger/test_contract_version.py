"""Versions of the contracts: what is released is on the list, and what it keeps stays in place."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak
from tests.integration.ledger.conftest import CHAIN_ID, Bench
from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle

from platone.ledger.adapters.evm.compiler import CONTRACTS, NAMES
from platone.ledger.adapters.evm.contract_version import VERSIONS, known_versions
from platone.ledger.adapters.evm.proven_state import ProvenState
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.state import StateNodes

KEPT = json.loads((Path(__file__).parents[2] / "data/chain/contract_layout.json").read_text())
"""Where each released contract keeps what; written once, when its first version was released."""


def test_what_a_chain_is_furnished_with_is_each_contracts_newest_version(bench: Bench) -> None:
    state = ProvenState(StateNodes(bench.store.node), bench.chain.head.state_root)
    code = ChainReads(bench.store, CHAIN_ID, "test").methods()["eth_getCode"]
    for name, address in bench.at.named().items():
        found = str(code(address))
        told = state.account(bytes.fromhex(address[2:]), ())["codeHash"]
        assert told == "0x" + keccak(bytes.fromhex(found[2:])).hex()
        version = known_versions()[told]
        numbers = [each.number for each in known_versions().values() if each.contract == name]
        assert (version.contract, version.number) == (name, max(numbers))


def test_versions_are_numbered_from_one_without_gap() -> None:
    assert VERSIONS.parent == CONTRACTS
    for name in NAMES:
        numbers = [each.number for each in known_versions().values() if each.contract == name]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_later_version_keeps_everything_where_it_was(name: str) -> None:
    """An upgrade leaves the storage as it is, so that a variable may be added, and none moved."""
    bundle = FilesystemInputBundle([CONTRACTS])
    made: Any = compile_from_file_input(
        bundle.load_file(f"{name}.vy"), input_bundle=bundle, output_formats=("layout",)
    )
    now = made["layout"]["storage_layout"]
    for variable, place in KEPT[name].items():
        assert place.items() <= now[variable].items(), variable
