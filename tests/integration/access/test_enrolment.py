"""Enrolment of Light Nodes: who may, where, and with whose key."""

import sqlite3
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from platone.kernel.signature import SigningKey

POD, OTHER_POD = "IT002E61899978", "IT002E60974469"


async def enrol(field: Any, party: str, enrolment: Any) -> tuple[int, dict[str, Any]]:
    answer = await field.call(party, "POST", "/api/access/devices", enrolment)
    return answer.status_code, answer.json()


async def test_owner_enrols_a_device(field_: Any, profile: Any) -> None:
    node = field_.node(profile(1))
    status, credentials = await enrol(field_, "ACEAE", node.enrolment(POD))
    assert status == 201
    assert credentials["device"] == node.address
    assert (credentials["host"], credentials["port"]) == ("127.0.0.1", field_.broker.port)
    assert credentials["receiptSigner"] == field_.access.receipt_signer
    certificate = x509.load_pem_x509_certificate(credentials["certificate"].encode())
    certificate.verify_directly_issued_by(
        x509.load_pem_x509_certificate(credentials["ca"].encode())
    )
    assert certificate.subject.rfc4514_string() == f"CN={node.address}"
    assert field_.partners.nodes == [node.address]
    listed = (await field_.call("DSO", "GET", f"/api/access/devices?podId={POD}")).json()
    assert listed["devices"] == [
        {
            "device": node.address,
            "podId": POD,
            "status": "active",
            "publicKeyTransaction": "0x" + "12" * 32,
            "health": "neverHeard",
            "lastMessageAt": None,
            "refusedMessages": 0,
            "lastRefusedAt": None,
            "lastRefusal": None,
            "certificateEndsAt": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    ]
    nothing: dict[str, Any] = {"next": None, "devices": []}
    assert (await field_.call("ACEAE_2", "GET", "/api/access/devices")).json() == nothing


async def test_no_credentials_are_made_by_a_token_whose_secret_is_void(
    field_: Any, profile: Any
) -> None:
    """A token counts for minutes after its client has another secret; what it made would last."""
    node, stolen = field_.node(profile(1)), await field_.bearer("ACEAE")
    renewed = await field_.call("MO", "POST", "/api/identity/parties/ACEAE/secret")
    assert renewed.status_code == 201, renewed.text
    with sqlite3.connect(field_.folder / "identity.db") as database:  # as if it was a second ago
        database.execute("UPDATE client SET created_s = created_s + 1 WHERE client_id = 'ACEAE'")
    database.close()
    asked = msgspec.json.encode(node.enrolment(POD))
    refused = await field_.http.post("/api/access/devices", content=asked, headers=stolen)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/token-invalid")
    listed = await field_.call("DSO", "GET", "/api/access/devices")
    assert listed.json()["devices"] == []


async def test_enrolment_can_be_repeated(field_: Any, profile: Any) -> None:
    node = field_.node(profile(1))
    for _ in range(2):
        assert (await enrol(field_, "ACEAE", node.enrolment(POD)))[0] == 201


@pytest.mark.parametrize(
    ("party", "pod", "status", "problem"),
    [
        ("ACEAE_2", POD, 403, "not-owner"),
        ("ACEAE", "IT002E00000000", 404, "pod-unknown"),
        ("MDA", POD, 403, "role-missing"),
        ("CUSTOMER-1", POD, 403, "role-missing"),
    ],
)
async def test_others_may_not_enrol(
    field_: Any, profile: Any, party: str, pod: str, status: int, problem: str
) -> None:
    node = field_.node(profile(1))
    answer = await enrol(field_, party, node.enrolment(pod))
    assert (answer[0], answer[1]["type"]) == (status, f"/problems/{problem}")
    assert field_.partners.nodes == []


async def test_one_device_a_pod_and_one_pod_a_device(field_: Any, profile: Any) -> None:
    first, second = field_.node(profile(1)), field_.node(profile(1), "second")
    assert (await enrol(field_, "ACEAE", first.enrolment(POD)))[0] == 201
    status, problem = await enrol(field_, "ACEAE", second.enrolment(POD))
    assert (status, problem["type"]) == (409, "/problems/pod-metered")
    status, problem = await enrol(field_, "ACEAE", first.enrolment(OTHER_POD))
    assert (status, problem["type"]) == (409, "/problems/device-taken")
    await field_.call("MDA", "DELETE", f"/api/access/devices/{first.address}")
    assert (await enrol(field_, "ACEAE", second.enrolment(POD)))[0] == 201


def request_for(name: str, proof: bytes | None = None) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    if proof is not None:
        builder = builder.add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, proof)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


async def test_request_must_come_from_the_device_itself(field_: Any, profile: Any) -> None:
    device = SigningKey()
    node = field_.node(profile(1))
    borrowed = node.enrolment(POD).csr
    signed_another = ("0x" + device.sign(b"another sentence").hex()).encode()
    requests = [
        request_for("access"),
        request_for(device.address),
        request_for(device.address, b"0xzz"),
        request_for(device.address, signed_another),
        borrowed,
        "no request",
    ]
    for csr in requests:
        body = {"device": device.address, "podId": POD, "csr": csr}
        status, problem = await enrol(field_, "ACEAE", body)
        assert (status, problem["type"]) == (422, "/problems/certificate-request-invalid"), csr
    assert field_.partners.nodes == []


async def test_keys_are_their_owners_alone(field_: Any, profile: Any) -> None:
    await field_.enrolled(profile(1))
    for name in ("node/device.key", "node/tls.key", "node/credentials.json", "access.key"):
        assert (field_.folder / name).stat().st_mode & 0o077 == 0, name
    assert msgspec.json.decode((field_.folder / "node" / "credentials.json").read_bytes())
