"""A proof held against a chain: one that agrees, one that does not, and one that is silent."""

import asyncio
from typing import Any

import pytest

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.domain.problem import RpcUnavailable
from platone.ledger.domain.proof_report import ProofReport
from platone.ledger.domain.verification import verify_proof
from platone.ledger.service.witness import confirm
from platone.messages.metering import SignedMessage

DEVICE = SigningKey(b"\x51" * 32)


async def certified(running: Any) -> ProofReport:
    payload = '{"energyWh":1}'
    signature = "0x" + DEVICE.sign(payload.encode()).hex()
    message = SignedMessage(device=DEVICE.address, payload=payload, signature=signature)
    content = canonical_json(message).decode()
    record = {"id": "r", "kind": "reading", "content": content, "salt": "0x" + "07" * 32}
    await running.administrator.post("/api/certification", json={"records": [record]})
    file = (await running.administrator.get("/api/certification/proof/r")).content
    return verify_proof(file)


async def register(running: Any, *, revoke: bool = False) -> None:
    path = "/api/contracts/nodes"
    await running.administrator.post(path, json={"device": DEVICE.address})
    if revoke:
        await running.administrator.delete(f"{path}/{DEVICE.address}")


async def ask(url: str, report: ProofReport) -> ProofReport:
    return await asyncio.to_thread(confirm, report, HttpRpc(url))


async def test_the_chain_confirms(running: Any, served: str) -> None:
    await register(running)
    report = await ask(served, await certified(running))
    assert report.valid, report.checks
    asked = {check.name: check.passed for check in report.checks if check.name.startswith("rpc")}
    assert asked == dict.fromkeys(("rpc chain", "rpc block", "rpc contract", "rpc register"), True)


async def test_a_device_revoked_later_still_counts(running: Any, served: str) -> None:
    await register(running)
    proven = await certified(running)
    await running.administrator.delete(f"/api/contracts/nodes/{DEVICE.address}")
    report = await ask(served, proven)
    assert report.valid
    assert report.checks[-1].detail.endswith("revoked it later.")


@pytest.mark.parametrize("revoke", [None, True])
async def test_a_device_that_was_not_registered_does_not_count(
    running: Any, served: str, *, revoke: bool | None
) -> None:
    if revoke:
        await register(running, revoke=True)
    report = await ask(served, await certified(running))
    assert not report.valid
    assert report.claims is None
    assert report.checks[-1].name == "rpc register"


async def test_another_chain_does_not_confirm(running: Any, served: str) -> None:
    await register(running)
    proven = await certified(running)
    assert proven.claims is not None
    claims = type(proven.claims)
    for change in ({"block_hash": "0x" + "11" * 32}, {"root": "0x" + "22" * 32}, {"chain_id": 5}):
        fields = {name: getattr(proven.claims, name) for name in claims.__struct_fields__}
        other = ProofReport(valid=True, checks=[], claims=claims(**(fields | change)))
        assert not (await ask(served, other)).valid


async def test_a_silent_chain_confirms_nothing(running: Any) -> None:
    report = await ask("http://127.0.0.1:9/rpc", await certified(running))
    assert not report.valid
    assert "cannot be asked" in report.checks[-1].detail


@pytest.mark.parametrize("url", ["file:///etc/hosts", "ftp://127.0.0.1/", "nothing", ""])
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(RpcUnavailable, match="no https or http address"):
        HttpRpc(url).call("eth_chainId")
