"""A server's ledger on a chain whose members upgrade its contract: an older one sends no more."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.ledger.network import OWNER, confirmed, network_ledger, status, text, until
from tests.newer_contracts import NewerContracts
from tests.validators import Validator, consortium

from platone.bootstrap.consortium_change import draft_upgrade, hand_over_change
from platone.ledger.adapters.evm import compiler, contract_version
from platone.ledger.context import Ledger
from platone.ledger.domain.verification import verify_proof


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> NewerContracts:
    return NewerContracts(tmp_path_factory.mktemp("newer"))


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Validator]:
    with consortium(tmp_path / "chain", ["Market operator"]) as validators:
        yield validators[0]


async def agree(one: Validator, at: str, begins: int, newer: NewerContracts, file: Path) -> None:
    """The one member agrees an upgrade, and hands it over."""
    with pytest.MonkeyPatch.context() as release:
        release.setattr(compiler, "CONTRACTS", newer.sources)
        release.setattr(contract_version, "VERSIONS", newer.versions)
        change = await asyncio.to_thread(
            draft_upgrade, one.folder, "Certification", at, begins, file
        )
    await asyncio.to_thread(hand_over_change, change, one.url)


async def height(one: Validator) -> int:
    return int(str((await asyncio.to_thread(one.head))["number"]), 16)


async def proof(ledger: Ledger, number: int) -> bytes:
    (stored,) = await ledger._certify.named(f"record/{number}")
    return await ledger._certify.prove(stored)


async def test_an_older_ledger_says_so_and_a_newer_one_goes_on(
    one: Validator,
    newer: NewerContracts,
    tmp_path: Path,
    contract_cache: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one.end()
    one.versions = newer.versions
    one.start()
    ledger = network_ledger(tmp_path, contract_cache, one)
    await ledger.start()
    await ledger._certify.certify(OWNER, [text(1)])
    await until(lambda: confirmed(ledger, 1))
    begins = await height(one) + 3
    await agree(one, ledger.contracts["Certification"], begins, newer, tmp_path / "change.json")
    await until(lambda: _is(one, begins - 2))
    await ledger._certify.certify(OWNER, [text(2)])  # the block before the upgrade
    await until(lambda: confirmed(ledger, 2))
    assert await height(one) == begins - 1
    await ledger._certify.certify(OWNER, [text(3)])
    await until(lambda: _says(caplog, "install one that knows it"))
    assert (await status(ledger, 3))[0] == "PENDING"
    assert await height(one) == begins - 1
    await ledger.stop()

    with pytest.MonkeyPatch.context() as release:
        release.setattr(contract_version, "VERSIONS", newer.versions)
        again = network_ledger(tmp_path, contract_cache, one)
        await again.start()
    await until(lambda: confirmed(again, 3))
    assert await height(one) == begins
    for number in (2, 3):
        assert verify_proof(await proof(again, number)).valid
    await again.stop()

    older = network_ledger(tmp_path, contract_cache, one)
    await older.start()  # it does without the chain, as where a network is away
    await older._certify.certify(OWNER, [text(4)])
    assert (await status(older, 4))[0] == "PENDING"
    await older.stop()
    with pytest.MonkeyPatch.context() as release:
        release.setattr(contract_version, "VERSIONS", newer.versions)
        again = network_ledger(tmp_path, contract_cache, one)
        await again.start()
    await until(lambda: confirmed(again, 4))
    await again.stop()


async def _is(one: Validator, number: int) -> bool:
    return await height(one) == number


async def _says(told: pytest.LogCaptureFixture, words: str) -> bool:
    return words in told.text
