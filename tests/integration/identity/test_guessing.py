"""Who guesses secrets is heard no longer for a while; who knows them, and others, are."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from tests.records import RecordsAt

from platone.identity.domain.party import Client, Party, RegisteredClient
from platone.identity.domain.problem import ClientUnknown, TooManyFailures
from platone.identity.records.client import ClientRecords
from platone.identity.records.table import metadata
from platone.identity.service import guess_limit
from platone.identity.service.authentication import Authenticate
from platone.identity.service.guess_limit import Claim
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.service_client import ServiceClients
from platone.infra.db import Database
from platone.messages.base import Role

pytestmark = pytest.mark.both_databases

LONG = "x" * 512
"""As long as a secret may be."""


class Watch:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Counting(SecretHasher):
    """The product's hash, counted, and cheap: what it costs is not looked at here."""

    def __init__(self) -> None:
        super().__init__()
        self._argon2 = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.compared = 0

    def matches(self, secret_hash: str, secret: str) -> bool:
        self.compared += 1
        return super().matches(secret_hash, secret)


class Door:
    def __init__(self, database: Database) -> None:
        self.watch, self.hasher = Watch(), Counting()
        self.records, self.services = ClientRecords(database), ServiceClients()
        self.authenticate = Authenticate(self.records, self.services, self.hasher, self.watch)

    async def call(self, client: str, secret: str, origin: str = "here") -> str:
        return (await self.authenticate(Claim(client, secret, origin))).client_id

    async def guess(self, times: int, client: str, origin: str = "here") -> list[type[Exception]]:
        found: list[type[Exception]] = []
        for number in range(times):
            try:
                await self.call(client, f"wrong {number}", origin)
            except (ClientUnknown, TooManyFailures) as refused:
                found.append(type(refused))
        return found


@pytest.fixture
async def door(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Door]:
    database = Database(records_at(tmp_path / "identity.db"), metadata)
    await database.open()
    door = Door(database)
    party = {
        "MO": (Role.MARKET_OPERATOR,),
        "DSO": (Role.SYSTEM_OPERATOR,),
        "LONG": (Role.CUSTOMER,),
    }
    clients = [
        RegisteredClient(
            Client(name, Party(name, roles)),
            door.hasher.hashed(LONG if name == "LONG" else f"{name}'s secret"),
        )
        for name, roles in party.items()
    ]
    await door.records.add(clients, datetime(2021, 1, 1, tzinfo=UTC))
    yield door
    await database.close()


async def test_ten_wrong_secrets_for_a_client_are_heard_and_no_more(door: Door) -> None:
    assert await door.guess(12, "MO") == [ClientUnknown] * 10 + [TooManyFailures] * 2
    assert await door.guess(1, "MO", "elsewhere") == [ClientUnknown]
    assert await door.call("DSO", "DSO's secret") == "DSO"
    with pytest.raises(TooManyFailures) as refused:
        await door.call("MO", "MO's secret")
    assert refused.value.wait_s == 60
    door.watch.now_s += 59.9
    assert await door.guess(1, "MO") == [TooManyFailures]
    door.watch.now_s += 0.1
    assert await door.call("MO", "MO's secret") == "MO"


async def test_a_hundred_wrong_secrets_from_one_place_are_heard(door: Door) -> None:
    """Whichever names they bear; a client that did not fail there is heard all the same."""
    for number in range(100):
        assert await door.guess(1, f"nobody {number}") == [ClientUnknown]
    assert await door.guess(1, "nobody else") == [TooManyFailures]
    assert await door.guess(1, "nobody else", "elsewhere") == [ClientUnknown]
    assert await door.call("DSO", "DSO's secret") == "DSO"
    assert await door.guess(2, "MO") == [ClientUnknown, TooManyFailures]
    door.watch.now_s += 60.0
    assert await door.guess(1, "nobody else") == [ClientUnknown]


async def test_who_failed_there_meets_the_bound_of_the_place(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a bound of three, so that few hashes are paid: strangers, then a client that failed."""
    monkeypatch.setattr(guess_limit, "_BY_ORIGIN", 3)
    small = Authenticate(door.records, door.services, door.hasher, door.watch)
    door.authenticate = small
    assert await door.guess(1, "MO") == [ClientUnknown]
    assert await door.guess(2, "stranger") == [ClientUnknown] * 2
    assert await door.guess(1, "another") == [TooManyFailures]
    assert await door.guess(1, "MO") == [TooManyFailures]
    assert await door.guess(1, "MO", "elsewhere") == [ClientUnknown]
    assert await door.call("DSO", "DSO's secret") == "DSO"


async def test_a_right_secret_is_remembered_for_five_minutes(door: Door) -> None:
    assert await door.call("MO", "MO's secret") == "MO"
    door.watch.now_s += 299.9
    await door.guess(11, "MO")
    paid = door.hasher.compared
    assert await door.call("MO", "MO's secret") == "MO"  # in spite of the guesses
    assert door.hasher.compared == paid
    door.watch.now_s += 0.1
    with pytest.raises(TooManyFailures):
        await door.call("MO", "MO's secret")


async def test_a_secret_of_512_characters_is_compared_and_no_longer_one(door: Door) -> None:
    assert await door.call("LONG", LONG) == "LONG"
    paid = door.hasher.compared
    with pytest.raises(ClientUnknown):
        await door.call("LONG", LONG + "x")
    assert door.hasher.compared == paid


async def test_another_clients_secret_is_none(door: Door) -> None:
    for client, secret in (("MO", "DSO's secret"), ("DSO", "MO's secret"), ("MO", "")):
        with pytest.raises(ClientUnknown):
            await door.call(client, secret)


@pytest.mark.parametrize(
    ("roles", "runs"),
    [
        ((Role.MARKET_OPERATOR,), True),
        ((Role.SYSTEM_OPERATOR,), True),
        ((Role.FLEXIBILITY_SERVICE_PROVIDER,), True),
        ((Role.METERED_DATA_ADMINISTRATOR,), True),
        ((Role.CUSTOMER,), False),
        ((Role.AUDITOR,), False),
        ((Role.DATA_PROTECTION_OFFICER,), False),
        ((Role.AUDITOR, Role.CUSTOMER), False),
        ((Role.AUDITOR, Role.CUSTOMER, Role.DATA_PROTECTION_OFFICER), False),
        ((Role.CUSTOMER, Role.MARKET_OPERATOR), True),
        ((), False),
    ],
)
async def test_who_only_reads_runs_no_system(
    door: Door, roles: tuple[Role, ...], *, runs: bool
) -> None:
    """Systems run here for market, operators, aggregators and metering; they get clients."""
    door.services.renew([Party("ONE", roles)])
    assert ("ONE" in door.services.credentials) is runs
    if runs:
        credentials = door.services.credentials["ONE"]
        assert await door.call("ONE-service", credentials.client_secret) == "ONE-service"
        door.services.renew([Party("ONE", roles)])  # a start makes new ones
        with pytest.raises(ClientUnknown):
            await door.call("ONE-service", credentials.client_secret)


async def test_guesses_from_all_addresses_of_a_subnet_are_counted_together(door: Door) -> None:
    for host in range(10):
        assert await door.guess(1, "MO", f"2001:db8::{host:x}") == [ClientUnknown]
    assert await door.guess(1, "MO", "2001:db8::ffff") == [TooManyFailures]
    assert await door.guess(1, "MO", "2001:db8:0:1::1") == [ClientUnknown]


async def test_a_thousand_right_secrets_are_remembered_and_the_oldest_forgotten(
    door: Door,
) -> None:
    """Who comes again among the thousand is not compared again; the first of 1,001 is."""
    for number in range(1001):
        door.authenticate._remember(number.to_bytes(2))
    remembers = door.authenticate._remembers
    assert [remembers(number.to_bytes(2)) for number in (0, 1, 1000)] == [False, True, True]
