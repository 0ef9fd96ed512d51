"""Certificates for devices: OpenSSL checks the chain, and TLS is spoken with them."""

import hashlib
import sqlite3
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.identity.context import Identity
from platone.infra.mqtt.tls import client_context, common_name, server_context

ROUTE = "/api/identity/certificates"
ACCOUNT = Account.from_key(b"\x01" * 32)
DEVICE = ACCOUNT.address
Secret = Callable[[str], str]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _proof(key: Key, account: Any = ACCOUNT) -> bytes:
    """Return a device's proof of its TLS key, by other libraries than ours."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    sentence = f"Platone TLS key sha256:{hashlib.sha256(der).hexdigest()}"
    signed = account.sign_message(encode_defunct(text=sentence))
    return f"0x{bytes(signed.signature).hex()}".encode()


def _csr(key: Key, *names: str, is_authority: bool = False, proof: bytes | None = None) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_attribute(
        x509.oid.AttributeOID.CHALLENGE_PASSWORD, _proof(key) if proof is None else proof
    )
    if is_authority:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def mda(http: httpx.AsyncClient, secret: Secret) -> httpx.AsyncClient:
    answer = await http.post(
        "/oauth2/token", data={"grant_type": "client_credentials"}, auth=("MDA", secret("MDA"))
    )
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


async def _ask(mda: httpx.AsyncClient, csr: str, name: str = DEVICE) -> httpx.Response:
    return await mda.post(ROUTE, json={"csr": csr, "commonName": name})


def _openssl(*arguments: str | Path) -> str:
    run = subprocess.run(  # noqa: S603 - our own arguments
        ["openssl", *map(str, arguments)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


async def test_openssl_accepts_the_chain_for_a_client_and_not_for_a_server(
    mda: httpx.AsyncClient, identity: Identity, key: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    answer = await _ask(mda, _csr(key, DEVICE))
    assert answer.status_code == 201
    assert answer.json()["ca"] == identity.ca_file.read_text()
    leaf = tmp_path / "leaf.pem"
    leaf.write_text(answer.json()["certificate"])
    strict = ("verify", "-x509_strict", "-CAfile", identity.ca_file, "-purpose")
    assert _openssl(*strict, "sslclient", leaf) == f"{leaf}: OK\n"
    assert "unsuitable certificate purpose" in _openssl(*strict, "sslserver", leaf)
    assert f"CN = {DEVICE}" in _openssl("x509", "-in", leaf, "-noout", "-subject")


async def test_the_certificate_binds_the_name_to_the_key_for_a_bounded_time(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey
) -> None:
    certificate = x509.load_pem_x509_certificate(
        (await _ask(mda, _csr(key, DEVICE, is_authority=True))).json()["certificate"].encode()
    )
    assert certificate.public_key() == key.public_key()
    assert certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(days=398)
    assert certificate.not_valid_before_utc <= datetime.now(UTC)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca is False  # whatever the request wanted


async def test_serial_numbers_are_random_and_recorded(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey, folder: Path
) -> None:
    serials = set()
    for _ in range(2):
        pem = (await _ask(mda, _csr(key, DEVICE))).json()["certificate"]
        serials.add(x509.load_pem_x509_certificate(pem.encode()).serial_number)
    assert len(serials) == 2
    assert all(serial.bit_length() > 100 for serial in serials)
    recorded = _recorded(folder)
    assert {(f"{serial:x}", DEVICE, "CLIENT", "MDA") for serial in serials} <= recorded


def _recorded(folder: Path) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / "identity.db")) as database:
        query = "SELECT serial, common_name, usage, requested_by FROM certificate"
        return set(database.execute(query))


async def test_tls_is_mutual_with_these_certificates(
    mda: httpx.AsyncClient, identity: Identity, key: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    server = await identity.server_certificate(["127.0.0.1", "localhost"])
    (tmp_path / "leaf.pem").write_text((await _ask(mda, _csr(key, DEVICE))).json()["certificate"])
    (tmp_path / "leaf.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    device = ssl.create_default_context(cafile=identity.ca_file)
    device.verify_flags |= ssl.VERIFY_X509_STRICT
    device.load_cert_chain(tmp_path / "leaf.pem", tmp_path / "leaf.key")
    for host in ("127.0.0.1", "localhost"):
        assert _handshake(server_context(server), device, host) == DEVICE
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)mismatch"):
        _handshake(server_context(server), device, "example.org")


@pytest.mark.parametrize("name", ["access", "dso"])
async def test_our_own_transport_identities_are_kept_for_later_starts(
    identity: Identity, name: str
) -> None:
    server = server_context(await identity.server_certificate(["localhost"]))
    files = await identity.transport_credentials(name)
    assert _handshake(server, client_context(files), "localhost") == name
    assert files.key.stat().st_mode & 0o077 == 0
    before = files.certificate.read_bytes()
    assert (await identity.transport_credentials(name)).certificate.read_bytes() == before


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> str:
    """TLS in memory, by the standard library; the client's name as the server sees it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = client.wrap_bio(to_client, to_server, server_hostname=host)
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    done = {theirs: False, ours: False}
    for _ in range(10):
        for side in done:
            try:
                side.do_handshake()
                done[side] = True
            except ssl.SSLWantReadError:
                continue
    assert all(done.values())
    return common_name(ours)


async def test_the_requested_name_must_be_the_requests_own(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey
) -> None:
    other = Account.create().address
    for csr in (_csr(key, other), _csr(key), _csr(key, DEVICE, other), _csr(key, DEVICE, DEVICE)):
        answer = await _ask(mda, csr)
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/certificate-request-invalid"


async def test_nobody_has_a_certificate_in_a_devices_name_without_the_devices_proof(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey, folder: Path
) -> None:
    another = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVICE)])
    bare = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    for csr in (
        bare.public_bytes(Encoding.PEM).decode(),
        _csr(key, DEVICE, proof=b""),
        _csr(key, DEVICE, proof=b"0x" + b"00" * 65),
        _csr(key, DEVICE, proof=_proof(key, Account.create())),  # by another device
        _csr(key, DEVICE, proof=_proof(another)),  # for another key
    ):
        answer = await _ask(mda, csr)
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/certificate-request-invalid"
        assert "did not sign" in answer.json()["detail"]
    assert DEVICE not in {name for _, name, _, _ in _recorded(folder)}


@pytest.mark.parametrize("name", ["dso", "access", "MO", "localhost", DEVICE.lower(), DEVICE + "0"])
async def test_only_a_devices_address_can_be_certified(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey, name: str
) -> None:
    answer = await _ask(mda, _csr(key, name), name)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/transport-name-reserved")


@pytest.mark.parametrize(
    "other",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
    ],
)
async def test_another_kind_of_key_is_refused(
    mda: httpx.AsyncClient, other: Callable[[], Key]
) -> None:
    answer = await _ask(mda, _csr(other(), DEVICE))
    assert answer.status_code == 422
    assert "P-256" in answer.json()["detail"]


async def test_an_edwards_key_is_refused(mda: httpx.AsyncClient) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVICE)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    made = builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM)
    assert "P-256" in (await _ask(mda, made.decode())).json()["detail"]


async def test_a_request_must_prove_its_key(
    mda: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey
) -> None:
    der = bytearray(x509.load_pem_x509_csr(_csr(key, DEVICE).encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    answer = await _ask(mda, pem)
    assert answer.status_code == 422
    assert "not signed by its own key" in answer.json()["detail"]


@pytest.mark.parametrize("csr", ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "\ud7ff"])
async def test_what_is_no_request_is_refused(mda: httpx.AsyncClient, csr: str) -> None:
    assert (await _ask(mda, csr)).status_code == 422


async def test_a_huge_request_is_refused(mda: httpx.AsyncClient) -> None:
    body = msgspec.json.encode({"csr": "x" * 9000, "commonName": DEVICE})
    assert (await mda.post(ROUTE, content=body)).status_code == 422
