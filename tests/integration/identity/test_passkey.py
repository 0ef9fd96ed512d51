"""Passkeys let people in, once for each challenge, at this server's pages, by a verified person."""

import json
import secrets
from dataclasses import replace
from typing import Any

import pytest

from platone.identity.domain.passkey import domain_of
from platone.identity.records.table import passkey, passkey_offer
from platone.identity.service.challenge import Challenges
from platone.infra.listing import Part
from platone.kernel.clock import SystemClock

from .authenticator import PRESENT, Device, raw, text
from .home import BASE, PASSKEYS, PASSWORD, Home


async def test_a_passkey_lets_its_person_in_for_both_factors_and_is_listed_and_removed(
    home: Home,
) -> None:
    _, device = await home.add("anna")
    await home.people.add_second_factor("anna")
    refused = await home.send({"name": "anna", "password": PASSWORD})
    assert refused.status_code == 401  # the password alone is not enough
    device.counter = 1
    by_device = await home.token(await home.send(device.use(await home.question())))
    caller = home.identity.verifier.principal(by_device)
    assert (caller.client_id, caller.party_id) == ("person:anna", "MO")
    listed = (await home.call(by_device, "GET", PASSKEYS)).json()
    assert [each["id"] for each in listed["passkeys"]] == [text(device.id)]
    bert = await home.password("bert")
    path = f"{PASSKEYS}/{text(device.id)}"
    foreign = await home.call(bert, "DELETE", path)
    assert foreign.json()["type"] == "/problems/passkey-unknown"
    assert (await home.call(by_device, "DELETE", path)).status_code == 204
    device.counter = 2
    assert (await home.send(device.use(await home.question()))).status_code == 401
    log = await home.identity.change_log.select("passkey", 2**53, Part("", 10))
    assert [(each.client_id, each.subject, each.before, each.after) for each in log.items] == [
        ("person:anna", "anna", {"device": "a test's device"}, {}),
        ("person:anna", "anna", {}, {"device": "a test's device"}),
    ]


async def test_what_is_asked_of_devices_is_what_the_standard_asks(home: Home) -> None:
    token = await home.password("anna")
    asked = await home.asks(token)
    assert asked["rp"] == {"id": "platone.example", "name": "Platone"}
    assert asked["attestation"] == "none"
    selection = asked["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert {each["alg"] for each in asked["pubKeyCredParams"]} == {-7, -8, -257}
    assert b"anna" not in raw(asked["user"]["id"])
    assert len(raw(asked["challenge"])) >= 16
    question = await home.question()
    assert (question["rpId"], question["userVerification"]) == ("platone.example", "required")
    assert "allowCredentials" not in question  # any passkey of this domain


async def test_a_passkey_is_offered_once_to_who_can_have_one(home: Home) -> None:
    token = await home.password("anna")
    listed = (await home.call(token, "GET", PASSKEYS)).json()
    assert (listed["isPossible"], listed["isOffered"]) == (True, True)
    await home.asks(token)
    assert not (await home.call(token, "GET", PASSKEYS)).json()["isOffered"]
    form = {"grant_type": "client_credentials"}
    told = json.loads(home.identity.credentials_file.read_text())["clients"][0]
    who = (told["clientId"], told["clientSecret"])
    client = (await home.http.post("/oauth2/token", data=form, auth=who)).json()["access_token"]
    assert (await home.call(client, "GET", PASSKEYS)).json() == {
        "passkeys": [],
        "isPossible": False,
        "isOffered": False,
    }
    refused = await home.call(client, "POST", f"{PASSKEYS}/question")
    assert refused.json()["type"] == "/problems/passkey-not-possible"


async def test_an_answer_is_taken_once(home: Home) -> None:
    _, device = await home.add("anna")
    device.counter = 5
    answer = device.use(await home.question())
    assert (await home.send(answer)).status_code == 303
    assert (await home.send(answer)).status_code == 401
    device.counter = 0  # a device that counts nothing: the challenge alone stands in the way
    _, plain = await home.add("bert")
    answer = plain.use(await home.question())
    assert (await home.send(answer)).status_code == 303
    assert (await home.send(answer)).status_code == 401
    assert (await home.send(plain.use(await home.question()))).status_code == 303


async def test_a_counter_that_goes_back_or_stands_still_lets_nobody_in(home: Home) -> None:
    _, device = await home.add("anna")
    for counter, status in ((7, 303), (7, 401), (6, 401), (0, 401), (8, 303)):
        device.counter = counter
        answer = await home.send(device.use(await home.question()))
        assert answer.status_code == status, counter


@pytest.mark.parametrize(
    "hostile",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://platone.example"},
        {"origin": "https://sub.platone.example:8443"},
        {"origin": "http://platone.example:8443"},
        {"domain": "evil.example"},
        {"flags": PRESENT},  # nobody was verified
        {"flags": 0},
    ],
)
async def test_an_answer_for_elsewhere_or_by_nobody_is_refused(
    home: Home, hostile: dict[str, Any]
) -> None:
    _, device = await home.add("anna")
    false = replace(device, **hostile)
    assert (await home.send(false.use(await home.question()))).status_code == 401
    token = await home.password("bert")
    other = replace(Device(BASE, "platone.example"), **hostile)
    refused = await home.call(token, "POST", PASSKEYS, other.make(await home.asks(token)))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/passkey-refused")
    assert (await home.call(token, "GET", PASSKEYS)).json()["passkeys"] == []
    assert (await home.send(device.use(await home.question()))).status_code == 303


async def test_an_answer_of_another_kind_or_key_is_refused(home: Home) -> None:
    token, device = await home.add("anna")
    _, other = await home.add("bert")
    question = await home.question()
    good = device.use(question)
    for changed in (
        device.use(question, kind="webauthn.create"),
        device.use(question, crossOrigin=True),
        good | {"passkey": text(other.id)},  # bert's passkey by anna's key
        good | {"handle": other.handle},
        good | {"handle": ""},
        good | {"passkey": "unknown"},
        good | {"signature": text(bytes(70))},
        good | {"authenticatorData": "AA"},
        good | {"clientData": "not JSON"},
        replace(device, key=other.key).use(question),
    ):
        assert (await home.send(changed)).status_code == 401, changed
    assert (await home.send(good)).status_code == 303
    asked = await home.asks(token)
    for made in (
        Device(BASE, "platone.example").make(asked, kind="webauthn.get"),
        Device(BASE, "platone.example").make(asked, algorithm=-65535),  # SHA-1
        Device(BASE, "platone.example", id=secrets.token_bytes(1100)).make(asked),
        Device(BASE, "platone.example").make(asked) | {"attestation": "AAAA"},
        Device(BASE, "platone.example").make(asked) | {"handle": other.handle},
        Device(BASE, "platone.example").make(asked | {"challenge": question["challenge"]}),
        other.make(asked),  # an identifier that is bert's
    ):
        refused = await home.call(token, "POST", PASSKEYS, made)
        assert refused.status_code == 422, (made, refused.text)
    assert len((await home.call(token, "GET", PASSKEYS)).json()["passkeys"]) == 1


async def test_a_question_to_one_person_is_answered_by_nobody_else_and_once(home: Home) -> None:
    anna, bert = await home.password("anna"), await home.password("bert")
    device = Device(BASE, "platone.example")
    made = device.make(await home.asks(anna))
    assert (await home.call(bert, "POST", PASSKEYS, made)).status_code == 422
    assert (await home.call(anna, "POST", PASSKEYS, made)).status_code == 201
    again = replace(device, id=secrets.token_bytes(16)).make(
        {
            "challenge": json.loads(raw(made["clientData"]))["challenge"],
            "user": {"id": made["handle"]},
        }
    )
    assert (await home.call(anna, "POST", PASSKEYS, again)).status_code == 422


def test_a_challenge_ends_after_five_minutes_and_is_of_its_purpose() -> None:
    now_s = 1000.0
    challenges = Challenges(lambda: now_s)
    early, late = challenges.issue("a"), challenges.issue("a")
    assert not challenges.use(early, "b")
    assert not challenges.use(early[:-1] + bytes([early[-1] ^ 1]), "a")
    assert not challenges.use(b"", "a")
    now_s += 299.9
    assert challenges.use(early, "a")
    assert not challenges.use(early, "a")
    now_s += 0.2
    assert not challenges.use(late, "a")
    assert not Challenges(lambda: now_s).use(challenges.issue("a"), "a")  # after a new start


async def test_who_signed_in_long_ago_signs_in_again_before_changing_passkeys(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, device = await home.add("anna")
    now = SystemClock.now
    minutes_9, minutes_11 = 9 * 60, 11 * 60

    def later(seconds: int) -> None:
        from datetime import timedelta  # noqa: PLC0415

        monkeypatch.setattr(SystemClock, "now", lambda self: now(self) + timedelta(seconds=seconds))

    later(minutes_9)
    assert (await home.call(token, "POST", f"{PASSKEYS}/question")).status_code == 200
    later(minutes_11)  # its token, which lasts ten minutes, is renewed by the sign-in
    verifier = home.identity.verifier
    monkeypatch.setattr(verifier, "_clock", _Frozen(now(SystemClock())))
    for method, path in (
        ("POST", f"{PASSKEYS}/question"),
        ("DELETE", f"{PASSKEYS}/{text(device.id)}"),
    ):
        refused = await home.call(token, method, path)
        assert refused.json()["type"] == "/problems/sign-in-too-old", path
    made = Device(BASE, "platone.example").make({"challenge": "AAAA", "user": {"id": "AAAA"}})
    refused = await home.call(token, "POST", PASSKEYS, made)
    assert refused.json()["type"] == "/problems/sign-in-too-old"


class _Frozen:
    def __init__(self, at: Any) -> None:
        self._at = at

    def now(self) -> Any:
        return self._at


async def test_wrong_answers_are_counted_with_wrong_passwords(home: Home) -> None:
    _, device = await home.add("anna")
    false = replace(device, origin="https://evil.example")
    for _ in range(10):
        assert (await home.send(false.use(await home.question()))).status_code == 401
    answer = await home.send(device.use(await home.question()))
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert (await home.send({"name": "anna", "password": PASSWORD})).status_code == 303


async def test_a_person_has_ten_passkeys_at_most(home: Home) -> None:
    token, _ = await home.add("anna")
    asked = [await home.asks(token) for _ in range(10)]
    for question in asked[:9]:
        made = Device(BASE, "platone.example").make(question)
        assert (await home.call(token, "POST", PASSKEYS, made)).status_code == 201
    made = Device(BASE, "platone.example").make(asked[9])
    for path, body in ((PASSKEYS, made), (f"{PASSKEYS}/question", None)):
        refused = await home.call(token, "POST", path, body)
        assert refused.json()["type"] == "/problems/too-many-passkeys"


async def test_passkeys_go_with_their_person_its_party_and_a_password_that_is_given(
    home: Home,
) -> None:
    database = home.people.people._database

    async def kept() -> set[str]:
        async with database.reading() as connection:
            rows = [
                (await connection.execute(each.select())).all() for each in (passkey, passkey_offer)
            ]
        return {f"{row.name}" for found in rows for row in found}

    await home.people.add("carla", "ACEAE", (), PASSWORD)
    devices = {name: (await home.add(name))[1] for name in ("anna", "bert", "carla")}
    assert await kept() == {"anna", "bert", "carla"}
    await home.people.remove("anna")
    await home.people.clients.remove("ACEAE")
    assert await kept() == {"bert"}
    await home.people.change_password("bert", "another long sentence")
    for device in devices.values():
        assert (await home.send(device.use(await home.question()))).status_code == 401


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://market.example", "market.example"),
        ("https://localhost:8443", "localhost"),
        ("https://127.0.0.1:8443", ""),
        ("https://[::1]:8443", ""),
    ],
)
def test_a_server_that_is_a_number_has_no_passkeys(address: str, domain: str) -> None:
    assert domain_of(address) == domain
