"""A second factor is turned on by its person, shown once for each code, and turned off again."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from platone.identity.domain.one_time_code import one_time_code
from platone.identity.domain.problem import (
    OneTimeCodeWrong,
    SecondFactorNotAsked,
    TooManyFailures,
)
from platone.identity.records.passkey import PasskeyRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.recovery_code import RecoveryCodeRecords
from platone.identity.service.second_factor import SecondFactors
from platone.infra.listing import Part
from platone.kernel.clock import SystemClock

from .home import OWN_PAGE, PASSWORD, Home

FACTOR = "/api/identity/secondFactor"
NEW = "another long sentence"


class Authenticator:
    """An application on a telephone: each of its codes is used once."""

    def __init__(self, secret: str) -> None:
        self.secret, self._last = secret, 0

    async def code(self) -> str:
        step = max(int(time.time()) // 30 - 1, self._last + 1)
        while step > int(time.time()) // 30 + 1:
            await asyncio.sleep(1)
        self._last = step
        return str(one_time_code(self.secret, step))

    def wrong(self) -> str:
        around = range(int(time.time()) // 30 - 3, int(time.time()) // 30 + 4)
        near = {one_time_code(self.secret, step) for step in around}
        return next(str(digit) * 6 for digit in range(10) if str(digit) * 6 not in near)


async def asked(home: Home, token: str) -> Authenticator:
    told = (await home.call(token, "POST", f"{FACTOR}/question")).json()
    address = urlsplit(told["address"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path).startswith("/Platone:")
    assert parse_qs(address.query) == {"secret": [told["secret"]], "issuer": ["Platone"]}
    return Authenticator(told["secret"])


async def turned_on(home: Home, token: str) -> tuple[Authenticator, list[str]]:
    authenticator = await asked(home, token)
    body = {"code": await authenticator.code()}
    made = await home.call(token, "POST", FACTOR, body)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    return authenticator, made.json()["codes"]


def typed(name: str = "anna", **more: str) -> dict[str, str]:
    return {"name": name, "password": PASSWORD} | more


async def log_of(home: Home, name: str = "anna") -> list[tuple[str, Any, Any]]:
    found = (await home.identity.change_log.about_person(name, Part("", 20))).items
    assert all(each.client_id == f"person:{name}" for each in found)
    return [(each.kind, each.before, each.after) for each in found]


async def test_a_second_factor_counts_once_its_first_code_has_come_back(home: Home) -> None:
    mine, other = [await home.redeem(await home.send(typed())) for _ in range(2)]
    token = mine["access_token"]
    authenticator = await asked(home, token)
    assert (await asked(home, token)).secret == authenticator.secret  # a page may be loaded again
    body = {"code": authenticator.wrong()}
    refused = await home.call(token, "POST", FACTOR, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/one-time-code-wrong")
    assert (await home.send(typed())).status_code == 303  # it is not on yet
    first = await authenticator.code()
    told = (await home.call(token, "POST", FACTOR, {"code": first})).json()
    assert len(set(told["codes"])) == 8
    assert await home.lasts(mine["refresh_token"])
    assert not await home.lasts(other["refresh_token"])
    assert (await home.send(typed())).status_code == 401
    assert (await home.send(typed(code=first))).status_code == 401  # used to confirm it
    code = await authenticator.code()
    assert (await home.send(typed(code=code))).status_code == 303
    assert (await home.send(typed(code=code))).status_code == 401
    again = await home.call(token, "POST", FACTOR, {"code": await authenticator.code()})
    assert again.json()["type"] == "/problems/second-factor-not-asked"
    seen = (await home.call(token, "GET", FACTOR)).json()
    assert (seen["isOn"], seen["recoveryCodes"], seen["isAdvised"]) == (True, 8, False)
    assert await log_of(home) == [("secondFactor", {}, {"authenticator": "a new one"})]


async def test_a_recovery_code_signs_in_once_and_new_ones_make_those_before_void(
    home: Home,
) -> None:
    token = await home.password("anna")
    _, codes = await turned_on(home, token)
    shouted = codes[0].upper().replace("-", " ").replace("O", "0").replace("L", "1")
    assert (await home.send(typed(recovery=shouted))).status_code == 303
    assert (await home.send(typed(recovery=codes[0]))).status_code == 401
    assert (await home.send(typed("bert", recovery=codes[1]))).status_code == 303  # needs none
    foreign = await home.send({"name": "anna", "password": "a wrong sentence", "code": codes[1]})
    assert foreign.status_code == 401
    assert (await home.call(token, "GET", FACTOR)).json()["recoveryCodes"] == 7
    renewed = await home.call(token, "POST", f"{FACTOR}/recoveryCodes")
    assert renewed.headers["cache-control"] == "no-store"
    fresh = renewed.json()["codes"]
    assert not set(fresh) & set(codes)
    assert (await home.send(typed(recovery=codes[1]))).status_code == 401
    assert (await home.send(typed(recovery=fresh[0]))).status_code == 303
    assert await log_of(home) == [
        ("recoveryCodes", {"left": "8"}, {"left": "7"}),
        ("recoveryCodes", {"left": "7"}, {"codes": "made anew", "left": "8"}),
        ("recoveryCodes", {"left": "8"}, {"left": "7"}),
        ("secondFactor", {}, {"authenticator": "a new one"}),
    ]


async def test_neither_secret_nor_codes_are_in_the_log_and_codes_only_as_hashes(
    home: Home,
) -> None:
    token = await home.password("anna")
    authenticator, codes = await turned_on(home, token)
    await home.call(token, "POST", f"{FACTOR}/recoveryCodes")
    told = str(await home.identity.change_log.select(None, 2**53, Part("", 100)))
    assert authenticator.secret not in told
    kept = (home.identity.credentials_file.parent / "identity.db").read_bytes()
    for code in codes:
        assert code not in told
        assert code.encode() not in kept
        assert code.replace("-", "").encode() not in kept


async def test_a_second_factor_is_exchanged_and_turned_off(home: Home) -> None:
    begun = await home.redeem(await home.send(typed()))
    token = begun["access_token"]
    lost, codes = await turned_on(home, token)
    other = await home.redeem(await home.send(typed(recovery=codes[0])))
    found, _ = await turned_on(home, token)
    assert found.secret != lost.secret
    assert not await home.lasts(other["refresh_token"])
    assert (await home.send(typed(recovery=codes[1]))).status_code == 401
    assert (await home.send(typed(code=await lost.code()))).status_code == 401
    assert (await home.send(typed(code=await found.code()))).status_code == 303
    assert (await home.call(token, "DELETE", FACTOR)).status_code == 204
    assert await home.lasts(begun["refresh_token"])
    assert (await home.send(typed())).status_code == 303
    for method, path in (("DELETE", FACTOR), ("POST", f"{FACTOR}/recoveryCodes")):
        refused = await home.call(token, method, path)
        assert refused.json()["type"] == "/problems/second-factor-unknown"
    assert (await log_of(home))[:2] == [
        ("secondFactor", {"authenticator": "the one before"}, {}),
        (
            "secondFactor",
            {"authenticator": "the one before"},
            {"authenticator": "a new one"},
        ),
    ]


async def test_wrong_codes_are_bounded_wherever_they_come_from(home: Home) -> None:
    token = await home.password("anna")
    authenticator, codes = await turned_on(home, token)

    async def sent(origin: str, **code: str) -> httpx.Response:
        transport = httpx.ASGITransport(home.app, client=(origin, 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://platone.example:8443"
        ) as http:
            return await home.send(typed(**code), http)

    for number in range(10):
        assert (await sent(f"192.0.2.{number}", code=authenticator.wrong())).status_code == 401
    refused = await sent("192.0.2.99", code=await authenticator.code())
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    exchanged = await asked(home, token)
    answer = await home.call(token, "POST", FACTOR, {"code": await exchanged.code()})
    assert answer.json()["type"] == "/problems/too-many-failures"
    # who lost the telephone to a guesser still comes in
    assert (await sent("192.0.2.99", recovery=codes[0])).status_code == 303
    assert (await home.send(typed("bert"))).status_code == 303


async def test_who_signed_in_long_ago_changes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await home.password("anna")
    now = SystemClock.now
    caller = home.identity.verifier.principal(token)
    late = now(SystemClock()) + timedelta(minutes=11)
    monkeypatch.setattr(home.identity.verifier, "principal", lambda _token: caller)
    monkeypatch.setattr(SystemClock, "now", lambda _self: late)
    for method, path, body in (
        ("POST", f"{FACTOR}/question", None),
        ("POST", FACTOR, {"code": "123456"}),
        ("POST", f"{FACTOR}/recoveryCodes", None),
        ("DELETE", FACTOR, None),
    ):
        refused = await home.call(token, method, path, body)
        assert refused.json()["type"] == "/problems/sign-in-too-old", path


async def test_programs_have_no_second_factor(home: Home) -> None:
    form = {"grant_type": "client_credentials"}
    services = home.identity.service_credentials()["MO"]
    who = (services.client_id, services.client_secret)
    token = (await home.http.post("/oauth2/token", data=form, auth=who)).json()["access_token"]
    seen = (await home.call(token, "GET", FACTOR)).json()
    assert seen == {
        "isPossible": False,
        "isOn": False,
        "recoveryCodes": 0,
        "isAdvised": False,
        "isOffered": False,
    }
    refused = await home.call(token, "POST", f"{FACTOR}/question")
    assert refused.json()["type"] == "/problems/second-factor-not-possible"
    seen = await home.call(token, "GET", "/api/identity/ownChanges")
    assert seen.json() == {"changes": [], "next": None}


async def test_who_acts_for_others_is_told_once_and_advised_until_it_has_two_factors(
    home: Home,
) -> None:
    anna, house = await home.password("anna"), await home.password("house")
    seen = (await home.call(anna, "GET", FACTOR)).json()
    assert (seen["isAdvised"], seen["isOffered"]) == (True, True)
    seen = (await home.call(house, "GET", FACTOR)).json()
    assert (seen["isPossible"], seen["isAdvised"], seen["isOffered"]) == (True, False, False)
    await asked(home, anna)
    seen = (await home.call(anna, "GET", FACTOR)).json()
    assert (seen["isAdvised"], seen["isOffered"]) == (True, False)
    bert, _ = await home.add("bert")  # by a passkey, which stands for both
    assert (await home.call(bert, "GET", FACTOR)).json()["isAdvised"] is False


async def test_a_person_ends_its_other_sign_ins_and_then_all(home: Home) -> None:
    held = [await home.redeem(await home.send(typed())) for _ in range(3)]
    foreign = await home.redeem(await home.send(typed("bert")))
    token = held[1]["access_token"]
    listed = (await home.call(token, "GET", "/api/identity/signIns")).json()["signIns"]
    assert sorted(each["isCurrent"] for each in listed) == [False, False, True]
    ended = await home.call(token, "DELETE", "/api/identity/signIns?others=true")
    assert ended.status_code == 204
    assert [await home.lasts(each["refresh_token"]) for each in held] == [False, True, False]
    assert (await home.call(token, "DELETE", "/api/identity/signIns")).status_code == 204
    assert not await home.lasts(held[1]["refresh_token"])
    assert await home.lasts(foreign["refresh_token"])


async def change(home: Home, **form: str) -> httpx.Response:
    given = {"name": "anna", "present": PASSWORD, "password": NEW, "again": NEW} | form
    return await home.http.post("/oauth2/password", data=given, headers=OWN_PAGE)


async def test_a_person_changes_its_password_by_the_one_before_and_its_code(home: Home) -> None:
    begun = await home.redeem(await home.send(typed()))
    token, _ = await home.add("anna")
    authenticator, _ = await turned_on(home, begun["access_token"])
    for wrong, status in (
        ({"present": "a wrong sentence", "code": "000000"}, 401),
        ({"code": ""}, 401),
        ({"name": "nobody"}, 401),
        ({"again": "something else"}, 422),
        ({"password": "short", "again": "short"}, 422),
        ({"password": PASSWORD, "again": PASSWORD}, 422),
    ):
        refused = await change(home, **wrong)
        assert refused.status_code == status, wrong
        assert PASSWORD not in refused.text
    foreign = {"name": "anna", "present": PASSWORD, "password": NEW, "again": NEW}
    assert (await home.http.post("/oauth2/password", data=foreign)).status_code == 403
    done = await change(home, code=await authenticator.code())
    assert done.status_code == 200, done.text
    assert not await home.lasts(begun["refresh_token"])
    code = await authenticator.code()
    assert (await home.send(typed(code=code))).status_code == 401
    signed_in = await home.send({"name": "anna", "password": NEW, "code": code})
    assert signed_in.status_code == 303
    ended = await home.call(token, "GET", "/api/identity/passkeys")
    assert ended.status_code == 401  # with the sign-in that the new password has ended
    token = (await home.redeem(signed_in))["access_token"]
    kept = (await home.call(token, "GET", "/api/identity/passkeys")).json()["passkeys"]
    assert len(kept) == 1
    own = (await home.call(token, "GET", "/api/identity/ownChanges")).json()["changes"]
    assert own[0]["kind"] == "password"
    assert own[0]["after"] == {"password": "a new one"}
    assert NEW not in str(own)
    other = await home.password("bert")
    assert (await home.call(other, "GET", "/api/identity/ownChanges")).json()["changes"] == []


async def test_a_secret_waits_ten_minutes_and_a_bound_lasts_an_hour(home: Home) -> None:
    token = await home.password("anna")
    caller = home.identity.verifier.principal(token)
    database = home.identity._database
    now_s = 1000.0
    factors = SecondFactors(
        PersonRecords(database),
        RecoveryCodeRecords(database),
        PasskeyRecords(database),
        home.identity.change_log,
        SystemClock(),
        lambda: now_s,
    )
    secret = await factors.question(caller)
    now_s += 599.0
    assert await factors.question(caller) == secret
    now_s += 1.0
    with pytest.raises(SecondFactorNotAsked):
        await factors.confirm(caller, await Authenticator(secret).code())
    authenticator = Authenticator(await factors.question(caller))
    assert authenticator.secret != secret
    for _ in range(10):
        with pytest.raises(OneTimeCodeWrong):
            await factors.confirm(caller, authenticator.wrong())
    with pytest.raises(TooManyFailures):
        await factors.confirm(caller, await authenticator.code())
    now_s += 3600.0
    authenticator = Authenticator(await factors.question(caller))
    codes, was_on = await factors.confirm(caller, await authenticator.code())
    assert (len(codes), was_on) == (8, False)
