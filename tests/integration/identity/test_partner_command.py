"""`platone partner …` exchanges files between servers, as people do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from platone.bootstrap.partner import own_partner, tell_own
from platone.cli import app
from platone.messages.base import Role
from platone.messages.partner import PartnerFile

OWN = {"name": "own", "url": "https://own.example", "contexts": ["market"]}
FAR = {"name": "far", "url": "https://far.example", "contexts": ["dso"]}
POINT = {
    "kty": "EC",
    "crv": "P-256",
    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
    "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
}
"""A key that serves as well as any: the generator of P-256 (SEC 2 section 2.4.2)."""


def partner(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["partner", *words, "--data", str(data)])


def told(folder: Path, party: str, **fields: object) -> PartnerFile:
    return PartnerFile(
        parties={party: [Role.SYSTEM_OPERATOR]},
        keys=[POINT],
        authority=(folder / "ca.pem").read_text(),
        **fields,  # type: ignore[arg-type]
    )


@pytest.fixture
def far_file(folder: Path, tmp_path: Path) -> Path:
    tell_own(folder, told(folder, "MO", **OWN))
    tell_own(tmp_path / "far", told(folder, "FAR", **FAR))
    return tmp_path / "far" / "partner.toml"


def test_a_file_goes_from_one_server_to_the_other(folder: Path, far_file: Path) -> None:
    shown = "far: https://far.example runs dso, and speaks for FAR.\n"
    assert partner(folder, "add", str(far_file)).output == shown
    assert partner(folder, "list").output == shown
    assert partner(folder, "remove", "far").output == "far is a partner no more.\n"
    assert partner(folder, "list").output == ""


def test_what_is_exported_can_be_added_and_names_all_parties(
    folder: Path, far_file: Path, tmp_path: Path
) -> None:
    exported = tmp_path / "own.toml"
    exported.write_text(partner(folder, "export").output)
    assert partner(tmp_path / "far", "add", str(exported)).exit_code == 0
    assert far_file.exists()
    kept = own_partner(folder)
    assert set(kept.parties) == {"MO"}  # the file of the last start
    assert "speaks for ACEAE, ACEAE_2, AUDITOR" in partner(tmp_path / "far", "list").output
