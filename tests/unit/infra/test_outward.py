"""Which addresses that others name are called."""

import pytest

from platone.infra.http.outward import OutwardRefused, check_address, host_of


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https:///hook",
        "https://user@example.org/hook",
        "https://example.org:99999/",
        "https://example.org/#part",
        "file:///etc/passwd",
    ],
)
def test_only_plain_https_addresses_are_called(url: str) -> None:
    with pytest.raises(OutwardRefused):
        host_of(url)


def test_an_https_address_has_a_host_and_a_port() -> None:
    assert host_of("https://example.org/hook?x=1") == ("example.org", 443)
    assert host_of("https://example.org:8443/hook") == ("example.org", 8443)


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "224.0.0.1", "255.255.255.255"),  # noqa: S104
    *("::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_not_called(address: str) -> None:
    with pytest.raises(OutwardRefused):
        check_address(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are(address: str) -> None:
    check_address(address)
