"""What the first start makes, what later ones keep, and how a broken one is repaired."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from fastapi import FastAPI

from platone.identity.context import Identity
from platone.identity.domain.problem import AuthorityIncomplete
from platone.infra.key_file import KeyFileUnsafe

BASE = "https://127.0.0.1:8443"
ROLES = {
    "MO": "MarketOperator",
    "DSO": "SystemOperator",
    "TSO": "SystemOperator",
    "ACEAE": "FlexibilityServiceProvider",
    "ACEAE_2": "FlexibilityServiceProvider",
    "MDA": "MeteredDataAdministrator",
    "CUSTOMER-1": "Customer",
    "AUDITOR": "Auditor",
    "DPO": "DataProtectionOfficer",
}


def _files(folder: Path, pattern: str = "*") -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob(pattern) if path.is_file()}


def _forget_records(folder: Path) -> None:
    for path in _files(folder, "identity.db*"):
        path.unlink()


async def _start(folder: Path, base: str = BASE) -> Identity:
    identity = Identity(folder, base)
    try:
        await identity.start()
    except BaseException:  # as the server does: what has begun is stopped
        await identity.stop()
        raise
    return identity


async def _working_clients(identity: Identity) -> set[str]:
    """Clients of credentials.json that get a token."""
    app = FastAPI()
    app.include_router(identity.router)
    working = set()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        for told in json.loads(identity.credentials_file.read_text())["clients"]:
            answer = await http.post(
                "/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(told["clientId"], told["clientSecret"]),
            )
            if answer.status_code == 200:
                working.add(told["clientId"])
    return working


async def test_the_credentials_file_has_its_documented_form(identity: Identity) -> None:
    told = json.loads(identity.credentials_file.read_text())
    assert told.keys() == {"baseUrl", "tokenUrl", "caFile", "clients"}
    assert (told["baseUrl"], told["tokenUrl"]) == (BASE, BASE + "/oauth2/token")
    assert told["caFile"] == str(identity.ca_file)
    assert {client["partyId"]: client["roles"] for client in told["clients"]} == {
        party: [role] for party, role in ROLES.items()
    }
    assert await _working_clients(identity) == set(ROLES)


async def test_only_the_owner_reads_what_is_secret(identity: Identity, folder: Path) -> None:
    await identity.server_certificate(["localhost"])
    open_to_others = {path for path in _files(folder) if path.stat().st_mode & 0o077}
    assert open_to_others == {folder / "ca.pem"}
    assert stat.S_IMODE((folder / "identity").stat().st_mode) == 0o700


async def test_no_secret_is_stored_in_the_records(identity: Identity, folder: Path) -> None:
    secrets = [
        client["clientSecret"].encode()
        for client in json.loads(identity.credentials_file.read_text())["clients"]
    ]
    kept = b"".join(_files(folder, "identity.db*").values())
    assert kept.count(b"$argon2id$") >= len(ROLES)
    assert not [secret for secret in secrets if secret in kept]


async def test_a_later_start_keeps_everything(identity: Identity, folder: Path) -> None:
    await identity.server_certificate(["127.0.0.1"])
    before = _files(folder, "*.pem") | _files(folder, "*.json")
    again = await _start(folder)
    await again.server_certificate(["127.0.0.1"])
    assert not again.has_founded
    assert _files(folder, "*.pem") | _files(folder, "*.json") == before
    await again.stop()


async def test_service_secrets_change_at_each_start(identity: Identity, folder: Path) -> None:
    again = await _start(folder)
    before, after = identity.service_credentials(), again.service_credentials()
    assert before.keys() == after.keys()
    assert not [p for p in before if before[p].client_secret == after[p].client_secret]
    await again.stop()


async def test_another_port_is_told_in_the_file(folder: Path) -> None:
    moved = await _start(folder, "https://127.0.0.1:9443")
    told = json.loads(moved.credentials_file.read_text())
    assert told["tokenUrl"] == "https://127.0.0.1:9443/oauth2/token"
    assert await _working_clients(moved) == set(ROLES)
    await moved.stop()


async def test_a_start_broken_off_before_the_records_is_repaired(folder: Path) -> None:
    _forget_records(folder)
    before = (folder / "credentials.json").read_bytes()
    repaired = await _start(folder)
    assert repaired.has_founded
    assert (
        json.loads(before)["clients"]
        == json.loads(repaired.credentials_file.read_bytes())["clients"]
    )
    assert await _working_clients(repaired) == set(ROLES)
    await repaired.stop()


async def test_a_start_broken_off_before_the_file_is_repaired(folder: Path) -> None:
    _forget_records(folder)
    (folder / "credentials.json").rename(folder / "credentials.json.new")
    repaired = await _start(folder)
    assert await _working_clients(repaired) == set(ROLES)
    await repaired.stop()


async def test_a_party_that_is_missing_everywhere_is_added(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "identity.db")) as database, database:
        database.execute("DELETE FROM client WHERE client_id = 'AUDITOR'")
    told = json.loads((folder / "credentials.json").read_text())
    told["clients"] = [client for client in told["clients"] if client["clientId"] != "AUDITOR"]
    (folder / "credentials.json").write_text(json.dumps(told))
    repaired = await _start(folder)
    assert await _working_clients(repaired) == set(ROLES)
    await repaired.stop()


async def test_a_file_that_was_taken_away_is_not_made_again(folder: Path) -> None:
    (folder / "credentials.json").unlink()
    again = await _start(folder)
    assert not again.credentials_file.exists()
    await again.stop()


async def test_a_certificate_that_was_not_written_is_made_with_the_same_key(folder: Path) -> None:
    before = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    (folder / "ca.pem").unlink()
    again = await _start(folder)
    after = x509.load_pem_x509_certificate(again.ca_file.read_bytes())
    assert after.public_key() == before.public_key()
    await again.stop()


@pytest.mark.parametrize("harm", ["no key", "other certificate", "no certificate"])
async def test_an_incomplete_authority_stops_the_start(
    folder: Path, tmp_path: Path, harm: str
) -> None:
    if harm == "no key":
        (folder / "identity" / "ca-key.pem").unlink()
    elif harm == "other certificate":
        other = await _start(tmp_path / "other")
        (folder / "ca.pem").write_bytes(other.ca_file.read_bytes())
        await other.stop()
    else:
        (folder / "ca.pem").write_text("rubbish")
    with pytest.raises(AuthorityIncomplete):
        await _start(folder)


@pytest.mark.parametrize(
    "name", ["credentials.json", "identity/ca-key.pem", "identity/token-key.json"]
)
async def test_a_secret_that_lies_open_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match=name):
        await _start(folder)


@pytest.mark.parametrize("harm", ["key", "certificate", "hosts"])
async def test_a_server_certificate_that_does_not_do_is_made_anew(
    identity: Identity, harm: str
) -> None:
    files = await identity.server_certificate(["localhost"])
    before = files.certificate.read_bytes()
    if harm == "key":
        files.key.unlink()
    elif harm == "certificate":
        files.certificate.write_text("rubbish")
    hosts = ["localhost", "::1"] if harm == "hosts" else ["localhost"]
    files = await identity.server_certificate(hosts)
    made = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    assert files.certificate.read_bytes() != before
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(list(names)) == len(hosts)
