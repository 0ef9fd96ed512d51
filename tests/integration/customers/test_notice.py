"""Notices: decrypted here by RFC 8291 as a browser would, and told to nobody else."""

import asyncio
import hashlib
import hmac
import json
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.integration.market.endpoint import Receiver, certificate

from platone.infra.http.outward import OutwardCalls

from .test_series_exchange import OUTCOMES, SETPOINTS, _outcome, _setpoint

PATH = "/api/scd/notices"
SOLD = [
    {
        "index": index,
        "playerServiceId": "offer-1",
        "playerOfferId": "ACEAE",
        "playerRequestId": "TSO",
        "acceptedPChange": kw - 100.0,
        "acceptedPValue": kw,
        "acceptedPPrice": 0.05,
    }
    for index, kw in ((50, 90.0), (51, 70.0))
]
"""Two quarter-hours from 12:30 in Rome."""
SECRET = bytes(range(16))


def unpadded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def padded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derived(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """HKDF of one block (RFC 5869), from HMAC alone."""
    key = hmac.digest(salt, material, hashlib.sha256)
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:length]


def decrypted(body: bytes, key: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """What a browser reads (RFC 8291 section 3, RFC 8188 section 2)."""
    salt, length = body[:16], body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    own = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    shared = key.exchange(ec.ECDH(), theirs)
    material = derived(secret, shared, b"WebPush: info\0" + own + sender, 32)
    content_key = derived(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derived(salt, material, b"Content-Encoding: nonce\0", 12)
    text, _, end = AESGCM(content_key).decrypt(nonce, sealed, None).rpartition(b"\x02")
    assert end.strip(b"\0") == b""
    return text


def test_the_decryption_is_that_of_the_standard() -> None:
    """The example of RFC 8291, appendix A."""
    body = padded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    number = int.from_bytes(padded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    key = ec.derive_private_key(number, ec.SECP256R1())
    told = decrypted(body, key, padded("BTBZMqHH6r4Tts7J_aSIgg"))
    assert told == b"When I grow up, I want to be a watermelon"


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made = Receiver()
    made.certificate = certificate(tmp_path)
    context.load_cert_chain(made.certificate)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
def outward(receiver: Receiver) -> OutwardCalls:
    """Calls that reach the push service on this machine."""
    return OutwardCalls(allow_private=True, ca_file=receiver.certificate)


@pytest.fixture
def browser_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def endpoint(receiver: Receiver, key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[str, Any]:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": unpadded(point), "auth": unpadded(SECRET)}
    return {"endpoint": receiver.url, "keys": keys, "language": "it"} | more


async def put(world: Any, body: dict[str, Any], party: str = "CUSTOMER-1") -> Any:
    return await world[party].put(PATH, json=body)


async def until(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(30):
        while len(receiver.calls) < count:
            await asyncio.sleep(0.05)


def told(receiver: Receiver, key: ec.EllipticCurvePrivateKey) -> list[dict[str, Any]]:
    return [json.loads(decrypted(body, key, SECRET)) for _, body in receiver.calls]


async def test_a_sale_and_a_setpoint_are_told_to_the_browser_alone(
    registered: Any, receiver: Receiver, browser_key: Any
) -> None:
    answer = await put(registered, endpoint(receiver, browser_key))
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["endpointIds"]) == 1
    sale = _outcome(flexibility=[{"pod": pod, "power": SOLD} for pod in ("POD-1", "POD-3")])
    assert (await registered["MO"].post(OUTCOMES, json=sale)).status_code == 201
    await registered["MO"].post(OUTCOMES, json=sale)  # the same once more tells nothing
    sent = {"setpoints": [_setpoint(), _setpoint(setpointId="SP-2", podId="POD-3")]}
    await registered["DSO"].post(SETPOINTS, json=sent)
    await until(receiver, 2)
    first, second = told(receiver, browser_key)
    assert (first["kind"], first["language"], first["zone"]) == ("accepted", "it", "Europe/Rome")
    assert (first["from"], first["to"]) == ("2021-06-23T10:30:00Z", "2021-06-23T11:00:00Z")
    assert first["power"] == 80.0  # of 90 and 70 kW
    assert (second["kind"], second["unit"]) == ("activated", "kW")
    assert second["from"] == "2021-06-23T10:30:00Z"
    assert second["to"] == "2021-06-23T10:45:00Z"
    assert second["power"] == pytest.approx(207.6620935799721)
    head, body = receiver.calls[0]
    assert b"accepted" not in body
    assert (head["content-encoding"], head["ttl"]) == ("aes128gcm", "14400")
    assert len(receiver.calls) == 2  # POD-3 is another's


async def test_the_push_service_knows_the_server_by_its_key(
    registered: Any, receiver: Receiver, browser_key: Any
) -> None:
    state = (await put(registered, endpoint(receiver, browser_key))).json()
    await registered["DSO"].post(SETPOINTS, json={"setpoints": [_setpoint()]})
    await until(receiver, 1)
    token, _, key = receiver.calls[0][0]["authorization"].partition(", k=")
    assert key == state["publicKey"]
    point = padded(key)
    known = ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": unpadded(point[1:33]), "y": unpadded(point[33:])}
    )
    said = jwt.decode(token.removeprefix("vapid t="), known, algorithms=["ES256"]).claims
    assert said["aud"] == f"https://localhost:{receiver.port}"
    assert said["sub"].startswith("https://")


async def test_a_notice_is_tried_again_and_a_browser_that_is_gone_forgotten(
    registered: Any, receiver: Receiver, browser_key: Any
) -> None:
    receiver.behaviours = ["fail", "take", "gone"]
    await put(registered, endpoint(receiver, browser_key))
    await registered["DSO"].post(SETPOINTS, json={"setpoints": [_setpoint()]})
    await until(receiver, 1)
    await registered["DSO"].post(SETPOINTS, json={"setpoints": [_setpoint(setpointId="SP-2")]})
    async with asyncio.timeout(30):
        while (await registered["CUSTOMER-1"].get(PATH)).json()["endpointIds"]:
            await asyncio.sleep(0.05)
    assert len(receiver.calls) == 1


async def test_a_browser_can_be_removed_by_its_owner_alone(
    registered: Any, receiver: Receiver, browser_key: Any
) -> None:
    state = (await put(registered, endpoint(receiver, browser_key))).json()
    (name,) = state["endpointIds"]
    assert (await registered["ACEAE"].get(PATH)).status_code == 403
    other = await registered["CUSTOMER-1"].delete(f"{PATH}/none")
    assert (other.status_code, other.json()["type"]) == (404, "/problems/notices-unknown")
    assert (await registered["CUSTOMER-1"].delete(f"{PATH}/{name}")).status_code == 204
    assert (await registered["CUSTOMER-1"].get(PATH)).json()["endpointIds"] == []
    await registered["DSO"].post(SETPOINTS, json={"setpoints": [_setpoint()]})
    await asyncio.sleep(1.5)  # a look for notices
    assert receiver.calls == []


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": unpadded(b"\x04" + bytes(64)), "auth": unpadded(SECRET)},  # not on the curve
        {"p256dh": unpadded(bytes(33)), "auth": unpadded(SECRET)},
        {"p256dh": unpadded(b"\x04" + bytes(64)), "auth": unpadded(bytes(15))},
    ],
)
async def test_keys_that_are_none_are_refused(
    registered: Any, receiver: Receiver, browser_key: Any, keys: dict[str, str]
) -> None:
    answer = await put(registered, endpoint(receiver, browser_key, keys=keys))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/notice-endpoint-invalid")


async def test_a_customer_has_ten_browsers_and_the_first_makes_room(
    registered: Any, receiver: Receiver, browser_key: Any
) -> None:
    names: list[str] = []
    for number in range(11):
        url = f"{receiver.url}/{number}"
        state = (await put(registered, endpoint(receiver, browser_key, endpoint=url))).json()
        names = names or state["endpointIds"]
        registered.clock.move_to(registered.clock.now() + timedelta(seconds=1))
    assert len(state["endpointIds"]) == 10
    assert names[0] not in state["endpointIds"]


class TestPublic:
    """With the calls of a server that calls public hosts only."""

    @pytest.fixture
    def outward(self) -> OutwardCalls:
        return OutwardCalls()

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
    async def test_hosts_of_this_network_are_not_called(
        self, registered: Any, receiver: Receiver, browser_key: Any, host: str
    ) -> None:
        wanted = endpoint(receiver, browser_key, endpoint=f"https://{host}/push")
        answer = await put(registered, wanted)
        assert answer.json()["type"] == "/problems/notice-endpoint-invalid"
