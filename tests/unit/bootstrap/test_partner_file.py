"""Partners' files: written as TOML for people, read again, and kept apart from one another."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

from platone.bootstrap.partner import (
    add_partner,
    list_partners,
    own_partner,
    remove_partner,
    tell_own,
)
from platone.bootstrap.problem import PartnerClash, PartnerUnknown, ServerFailed
from platone.identity.domain.certificate import authority_certificate
from platone.infra.http.partner import PartnerFileInvalid, Partners
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.messages.base import Role
from platone.messages.partner import PartnerFile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORITY = authority_certificate(ec.generate_private_key(ec.SECP256R1()), 1, NOW)


def told(name: str, *contexts: str, party: str, **changes: Any) -> PartnerFile:
    key = ECKey.generate_key("P-256", auto_kid=True)
    fields: dict[str, Any] = {
        "name": name,
        "url": f"https://{name}.example:8443",
        "contexts": list(contexts),
        "parties": {party: [Role.SYSTEM_OPERATOR]},
        "keys": [dict(key.as_dict(private=False))],
        "authority": AUTHORITY.public_bytes(Encoding.PEM).decode(),
    }
    return PartnerFile(**fields | changes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tell_own(tmp_path / "market", told("market", "market", "ledger", party="MO"))
    return tmp_path / "market"


def written(folder: Path, content: PartnerFile) -> Path:
    tell_own(folder / content.name, content)
    return folder / content.name / "partner.toml"


def test_a_file_is_toml_that_says_what_the_server_said(data: Path) -> None:
    read = tomllib.loads((data / "partner.toml").read_text("utf-8"))
    own = own_partner(data)
    assert read["url"] == "https://market.example:8443"
    assert read["contexts"] == ["market", "ledger"]
    assert read["parties"] == {"MO": ["SystemOperator"]}
    assert read["keys"] == own.keys
    assert read["authority"].strip() == AUTHORITY.public_bytes(Encoding.PEM).decode().strip()
    assert "mqtt" not in read


def test_a_partner_is_added_replaced_listed_and_removed(data: Path, tmp_path: Path) -> None:
    first = told("dso", "dso", party="DSO")
    add_partner(data, written(tmp_path, first))
    second = told("dso", "dso", party="DSO")  # its keys are new ones
    add_partner(data, written(tmp_path, second))
    assert [each.keys for each in list_partners(data)] == [second.keys]
    remove_partner(data, "dso")
    assert list_partners(data) == []
    with pytest.raises(PartnerUnknown, match="no partner dso"):
        remove_partner(data, "dso")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (told("dso", "dso", party="MO"), "speaks for MO"),
        (told("dso", "ledger", party="DSO"), "runs ledger"),
        (told("dso", party="DSO", url="https://market.example:8443"), "name or address"),
        (told("market", party="DSO", url="https://dso.example"), "name or address"),
    ],
)
def test_nobody_takes_what_another_has(
    data: Path, tmp_path: Path, other: PartnerFile, says: str
) -> None:
    file = written(tmp_path / "other", other)
    with pytest.raises(PartnerClash, match=says):
        add_partner(data, file)
    assert list_partners(data) == []


def test_a_party_is_not_spoken_for_by_two_partners(data: Path, tmp_path: Path) -> None:
    add_partner(data, written(tmp_path, told("dso", "dso", party="DSO")))
    with pytest.raises(PartnerClash, match="dso speaks for DSO"):
        add_partner(data, written(tmp_path, told("second", party="DSO")))


def test_servers_of_one_company_speak_for_the_same_party(data: Path, tmp_path: Path) -> None:
    """Where a person says so: a market's workers, and the server with the ledger."""
    add_partner(data, written(tmp_path, told("second", "customers", party="MO")), same_company=True)
    assert [each.name for each in list_partners(data)] == ["second"]
    clash = written(tmp_path, told("third", "ledger", party="MO"))
    with pytest.raises(PartnerClash, match="runs ledger"):
        add_partner(data, clash, same_company=True)


def test_several_aggregators_have_a_platform_each(data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        add_partner(data, written(tmp_path, told(name, "aggregator", party=name.upper())))
    partners = Partners(data / "partners", "https://market.example:8443", ["market"])
    homes = partners.homes("/api/aggregator/erasures")
    assert homes == ["https://one.example:8443", "https://two.example:8443"]
    assert partners.homes("/api/identity/erasures") == ["", *homes]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text.replace("https://", "http://"),
        lambda text: text.replace("SystemOperator", "King"),
        lambda text: text.replace('"dso"]', '"dso", "kitchen"]'),
        lambda text: text.replace("BEGIN CERTIFICATE", "BEGIN NOTHING"),
        lambda text: text + '"d" = "c2VjcmV0"\n',
        lambda text: text.replace("name =", "nickname ="),
        lambda _text: "no TOML",
    ],
)
def test_a_file_that_is_none_changes_nothing(data: Path, tmp_path: Path, spoilt: Any) -> None:
    file = written(tmp_path, told("dso", "dso", party="DSO"))
    file.write_text(spoilt(file.read_text()))
    with pytest.raises(PartnerFileInvalid, match=r"partner\.toml"):
        add_partner(data, file)
    assert list_partners(data) == []


def test_a_folder_without_a_server_has_no_partners(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="first start"):
        add_partner(tmp_path, written(tmp_path, told("dso", "dso", party="DSO")))


def test_a_change_counts_at_the_next_call_and_a_broken_file_harms_no_other(
    data: Path, tmp_path: Path
) -> None:
    partners = Partners(data / "partners", "https://market.example:8443", ["market", "ledger"])
    with pytest.raises(PartnerUnavailable, match="No partner runs dso"):
        partners.home("/api/dso/setpoints")
    add_partner(data, written(tmp_path, told("dso", "dso", party="DSO")))
    assert partners.home("/api/dso/setpoints") == "https://dso.example:8443"
    kept = partners.at("https://dso.example:8443")
    assert kept is not None
    add_partner(data, written(tmp_path, told("metering", "access", party="MDA")))
    (data / "partners" / "broken.toml").write_text("broken")
    assert partners.at("https://dso.example:8443") is kept  # its connections stay
    assert [partners.home(path) for path in ("/api/topics/a", "/oauth2/token", "/rpc")] == [""] * 3
    remove_partner(data, "dso")
    with pytest.raises(PartnerUnavailable, match="No partner runs dso"):
        partners.home("/api/dso/setpoints")
