"""The DSO's platform has a certificate for the broker made, from a server of its own."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from platone.identity.context import Identity
from platone.infra.mqtt.enrolment import make_service_request

PATH = "/api/identity/certificates"


@pytest.fixture
def ask(http: httpx.AsyncClient, secret: Callable[[str], str]) -> Any:
    async def asking(party: str, asked: str, named: str) -> httpx.Response:
        form, auth = {"grant_type": "client_credentials"}, (party, secret(party))
        token = (await http.post("/oauth2/token", data=form, auth=auth)).json()["access_token"]
        body = {"csr": make_service_request(named)[1].decode(), "commonName": asked}
        headers = {"Authorization": f"Bearer {token}"}
        return await http.post(PATH, json=body, headers=headers)

    return asking


async def test_it_is_signed_for_the_platform_by_name(identity: Identity, ask: Any) -> None:
    answer = await ask("DSO", "dso", "dso")
    assert answer.status_code == 201
    made = x509.load_pem_x509_certificate(answer.json()["certificate"].encode())
    assert [each.value for each in made.subject] == ["dso"]
    assert made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    made.verify_directly_issued_by(x509.load_pem_x509_certificate(identity.ca_file.read_bytes()))


@pytest.mark.parametrize(
    ("party", "asked", "named", "slug"),
    [
        ("DSO", "access", "access", "not-owner"),
        ("DSO", "dso", "access", "certificate-request-invalid"),
        ("TSO", "dso", "dso", "not-owner"),
        ("MDA", "dso", "dso", "transport-name-reserved"),
        ("ACEAE", "dso", "dso", "role-missing"),
    ],
)
async def test_nobody_has_anothers_name(
    ask: Any, party: str, asked: str, named: str, slug: str
) -> None:
    answer = await ask(party, asked, named)
    assert answer.json()["type"] == f"/problems/{slug}"
