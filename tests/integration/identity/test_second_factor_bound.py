"""How many secrets of second factors wait for their first code at once."""

from dataclasses import replace
from datetime import UTC, datetime

from platone.identity.domain.person import Person, RegisteredPerson
from platone.identity.records.passkey import PasskeyRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.recovery_code import RecoveryCodeRecords
from platone.identity.service.second_factor import SecondFactors
from platone.kernel.clock import SystemClock

from .home import Home

MOST = 1000
"""Secrets that wait at most, as the service's setting says."""


async def test_of_a_thousand_secrets_and_one_the_oldest_waits_no_more(home: Home) -> None:
    caller = home.identity.verifier.principal(await home.password("anna"))
    database = home.identity._database
    people = PersonRecords(database)
    anna = await people.find("anna")
    assert anna is not None
    names = [f"person-{number}" for number in range(MOST + 1)]
    others = [
        RegisteredPerson(Person(name, anna.person.party), anna.password_hash) for name in names
    ]
    await people.add(others, datetime.now(UTC))
    factors = SecondFactors(
        people,
        RecoveryCodeRecords(database),
        PasskeyRecords(database),
        home.identity.change_log,
        SystemClock(),
        lambda: 1000.0,
    )

    async def question(name: str) -> str:
        return await factors.question(replace(caller, client_id=f"person:{name}"))

    first, second = [await question(name) for name in names[:2]]
    for name in names[2:MOST]:
        await question(name)
    assert await question(names[0]) == first  # a thousand wait
    await question(names[MOST])
    assert await question(names[1]) == second
    assert await question(names[0]) != first
