"""Validity over the years, by a clock that the test turns."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from platone.identity.adapters.authority import FileAuthority
from platone.identity.domain.certificate import CertificateOrder, Usage, is_current

START = datetime(2030, 1, 1, tzinfo=UTC)
ORDER = CertificateOrder("localhost", Usage.SERVER, ("localhost", "127.0.0.1"))


@pytest.fixture
def authority(tmp_path: Path) -> FileAuthority:
    opened = FileAuthority(tmp_path / "ca.pem", tmp_path / "private" / "ca-key.pem")
    opened.open(START)
    return opened


def _leaf(authority: FileAuthority, at: datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    return authority.sign(key.public_key(), ORDER, at)


def test_a_leaf_is_current_until_a_month_before_its_end(authority: FileAuthority) -> None:
    leaf = _leaf(authority, START)
    end = START + timedelta(days=397)
    assert leaf.not_valid_after_utc == end
    assert leaf.not_valid_before_utc == START - timedelta(minutes=5)  # others' clocks may be late
    late, too_late = end - timedelta(days=31), end - timedelta(days=29)
    assert is_current(leaf, authority.certificate, ORDER, START)
    assert is_current(leaf, authority.certificate, ORDER, late)
    assert not is_current(leaf, authority.certificate, ORDER, too_late)


def test_a_leaf_is_made_anew_a_month_before_its_end_to_the_second(
    authority: FileAuthority,
) -> None:
    leaf = _leaf(authority, START)
    renewal = START + timedelta(days=397 - 30)
    assert is_current(leaf, authority.certificate, ORDER, renewal - timedelta(seconds=1))
    assert not is_current(leaf, authority.certificate, ORDER, renewal)


def test_a_leaf_is_valid_since_five_minutes_but_no_longer_than_its_authority(
    authority: FileAuthority,
) -> None:
    late, five = START + timedelta(days=3), timedelta(minutes=5)
    assert _leaf(authority, late).not_valid_before_utc == late - five
    early = START - timedelta(minutes=1)  # by a clock that was put back
    assert _leaf(authority, early).not_valid_before_utc == START - five


def test_other_hosts_need_another_certificate(authority: FileAuthority) -> None:
    leaf = _leaf(authority, START)
    other = CertificateOrder("localhost", Usage.SERVER, ("localhost",))
    assert not is_current(leaf, authority.certificate, other, START)


def test_a_foreign_authoritys_leaf_is_not_current(authority: FileAuthority, tmp_path: Path) -> None:
    foreign = FileAuthority(tmp_path / "other.pem", tmp_path / "other-key.pem")
    foreign.open(START)
    assert not is_current(_leaf(foreign, START), authority.certificate, ORDER, START)


def test_a_renewed_authority_still_stands_for_what_it_signed(
    authority: FileAuthority, tmp_path: Path
) -> None:
    nine_years = START + timedelta(days=9 * 365)
    leaf, before = _leaf(authority, nine_years), authority.certificate
    again = FileAuthority(authority.file, tmp_path / "private" / "ca-key.pem")
    again.open(nine_years)
    assert again.certificate.not_valid_after_utc > before.not_valid_after_utc
    leaf.verify_directly_issued_by(again.certificate)
    assert is_current(leaf, again.certificate, ORDER, nine_years)


def test_no_leaf_outlives_its_authority(authority: FileAuthority) -> None:
    late = authority.certificate.not_valid_after_utc - timedelta(days=10)
    leaf = _leaf(authority, late)
    assert leaf.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_a_key_may_be_used_for_its_purpose_and_no_other(authority: FileAuthority) -> None:
    """RFC 5280: an authority signs certificates and lists, a party proves who it is."""
    purposes = {
        "digital_signature": (False, True),
        "key_cert_sign": (True, False),
        "crl_sign": (True, False),
        "content_commitment": (False, False),
        "key_encipherment": (False, False),
        "data_encipherment": (False, False),
        "key_agreement": (False, False),
    }
    own, leaf = (
        each.extensions.get_extension_for_class(x509.KeyUsage)
        for each in (authority.certificate, _leaf(authority, START))
    )
    assert own.critical
    assert leaf.critical
    found = {name: (getattr(own.value, name), getattr(leaf.value, name)) for name in purposes}
    assert found == purposes
    whole, part = (
        each.extensions.get_extension_for_class(x509.BasicConstraints)
        for each in (authority.certificate, _leaf(authority, START))
    )
    assert (whole.critical, whole.value.ca, whole.value.path_length) == (True, True, 0)
    assert (part.critical, part.value.ca, part.value.path_length) == (True, False, None)


def test_an_authority_lives_ten_years(authority: FileAuthority) -> None:
    own = authority.certificate
    assert own.not_valid_before_utc == START - timedelta(minutes=5)
    assert own.not_valid_after_utc == START + timedelta(days=3650)


def test_what_names_keys_hosts_and_uses_may_be_passed_over(authority: FileAuthority) -> None:
    """RFC 5280: extensions that name keys are never critical, and hosts beside a name are not."""
    leaf = _leaf(authority, START)
    kinds: tuple[type[x509.ExtensionType], ...] = (
        x509.SubjectKeyIdentifier,
        x509.AuthorityKeyIdentifier,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
    )
    found = {kind: leaf.extensions.get_extension_for_class(kind).critical for kind in kinds}
    assert found == dict.fromkeys(kinds, False)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
