"""Behind a reverse proxy: whom the server counts by is whom a trusted proxy tells, and nobody else.

Ten wrong secrets for a client are heard from one caller in a minute, and then no more; so who is
taken for one caller is seen from outside.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.component import has_ipv6, missing

from platone.bootstrap import spawned_server

HEARD = 10
"""Wrong secrets that are heard."""
PROXY, SECOND, STRANGER = "127.0.0.2", "127.1.2.3", "127.0.0.3"
TRUSTED = f"{PROXY}, 127.1.0.0/16, 10.0.0.0/8, 0:0:0:0:0:0:0:1"


Guess = Callable[..., int]


@pytest.fixture(scope="module")
def guess(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guess]:
    """Guesses a client's secret from an address, with some headers; gives the status."""
    data = tmp_path_factory.mktemp("proxied") / "data"
    with pytest.MonkeyPatch.context() as patch, ExitStack() as doors:
        patch.setenv("PLATONE_TRUSTED_PROXIES", TRUSTED)
        if has_ipv6():
            patch.setenv("PLATONE_HOST", "::")  # where callers of IPv4 come as ::ffff:127.0.0.2
        doors.enter_context(spawned_server(data, datetime(2021, 10, 30, 8, tzinfo=UTC)))
        told = json.loads((data / "credentials.json").read_text())
        port = httpx.URL(told["baseUrl"]).port
        authority = ssl.create_default_context(cafile=told["caFile"])
        opened: dict[str, httpx.Client] = {}

        def from_address(address: str) -> httpx.Client:
            if address not in opened:
                authority.check_hostname = ":" not in address  # it has no certificate for [::1]
                host = "[::1]" if ":" in address else "127.0.0.1"
                transport = httpx.HTTPTransport(local_address=address, verify=authority)
                base = f"https://{host}:{port}"
                client = httpx.Client(base_url=base, transport=transport, timeout=60)
                opened[address] = doors.enter_context(client)
            return opened[address]

        def guessed(client: str, *forwarded: str, address: str = PROXY) -> int:
            return (
                from_address(address)
                .post(
                    "/oauth2/token",
                    data={"grant_type": "client_credentials"},
                    auth=(client, "wrong"),
                    headers=[("X-Forwarded-For", each) for each in forwarded],
                )
                .status_code
            )

        yield guessed


def is_one_caller(statuses: list[int]) -> bool:
    """The guesses were counted together: ten were heard, those after them not."""
    assert set(statuses) <= {401, 429}
    return statuses == [401] * HEARD + [429] * (len(statuses) - HEARD)


def several(guess: Guess, client: str, forwarded: Callable[[int], str], **more: Any) -> list[int]:
    return [guess(client, forwarded(number), **more) for number in range(HEARD + 2)]


def test_whom_a_trusted_proxy_names_is_counted_and_not_the_proxy(guess: Guess) -> None:
    assert is_one_caller(several(guess, "MO", lambda _: "198.51.100.1"))
    assert guess("MO", "198.51.100.2") == 401
    assert several(guess, "MO", lambda n: f"198.51.101.{n}") == [401] * (HEARD + 2)


def test_what_a_caller_writes_before_the_proxys_word_is_not_believed(guess: Guess) -> None:
    """A proxy adds whom it saw at the end; what stands before it anybody can have written."""
    assert is_one_caller(several(guess, "DSO", lambda n: f"203.0.113.{n}, 198.51.100.3"))
    lines = [guess("TSO", f"203.0.113.{n}", "198.51.100.3") for n in range(HEARD + 2)]
    assert is_one_caller(lines)  # a proxy may also add a line of its own
    assert is_one_caller(several(guess, "ACEAE", lambda n: f"10.0.0.{n}, 198.51.100.3"))


def test_behind_several_proxies_the_last_that_is_none_of_them_calls(guess: Guess) -> None:
    chain = "203.0.113.9, 198.51.100.{client}, 10.{hop}.2.3, 10.0.0.{hop}"
    assert is_one_caller(several(guess, "MO", lambda n: chain.format(client=4, hop=n)))
    assert guess("MO", chain.format(client=5, hop=1)) == 401
    assert guess("MO", "198.51.100.4", address=SECOND) == 429  # the same caller, another proxy


def test_a_caller_of_ipv6_is_counted_by_its_subnet_however_it_is_written(guess: Guess) -> None:
    forms = ["2001:db8::{n:x}", "[2001:db8::{n:x}]:4430", "2001:DB8:0:0:0:0:0:{n:x}"]
    told = several(guess, "MO", lambda n: "10::1, " + forms[n % 3].format(n=n + 1))
    assert is_one_caller(told)
    assert guess("MO", "2001:db8:0:1::1") == 401


@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1"])
def test_nobody_else_is_believed(guess: Guess, address: str) -> None:
    claims = ("198.51.100.{n}", "{n}.0.0.1, 10.0.0.1", "2001:db8:{n}::1", "127.0.0.{n}")
    told = several(guess, "MO", lambda n: claims[n % 4].format(n=n + 20), address=address)
    assert is_one_caller(told)


def test_a_proxy_of_ipv6_is_known_however_its_address_was_written(guess: Guess) -> None:
    if not has_ipv6():
        missing("A proxy of IPv6 was", "this machine has no IPv6")
    told = several(guess, "MO", lambda n: f"198.51.102.{n}", address="::1")
    assert told == [401] * (HEARD + 2)
