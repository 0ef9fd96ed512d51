"""Further workers of a market: what their folders have in common, and what they must agree on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.bootstrap.test_partner_file import told

from platone.bootstrap.partner import tell_own
from platone.bootstrap.problem import ServerFailed
from platone.bootstrap.worker import common_keys, common_settings, is_shareable, make_worker
from platone.infra.backup.problem import BackupFailed
from platone.infra.key_file import KeyFileUnsafe, write_private
from platone.settings import Settings

URL = "https://market.example"
SETTINGS = Settings(contexts="market", database="postgresql://db.example/platone")


def started(folder: Path, *contexts: str) -> Path:
    """A data folder as a server's first start leaves it, as far as workers need it."""
    folder.mkdir()
    tell_own(folder, told("market", *contexts, party="MO"))
    for name in ("identity/ca-key.pem", "identity/token-key.json", "database.json"):
        write_private(folder / name, name.encode())
    (folder / "ca.pem").write_text("certificate")
    (folder / "partners").mkdir()
    (folder / "partners" / "dso.toml").write_text("a partner")
    (folder / "identity" / "server-key.pem").write_text("its own")
    (folder / "lock").touch()
    return folder


def test_a_worker_has_the_keys_and_partners_of_the_other_and_nothing_of_its_own(
    tmp_path: Path,
) -> None:
    one, other = started(tmp_path / "one", "market"), tmp_path / "other"
    make_worker(one, other)
    assert common_keys(one) == common_keys(other)
    names = {str(each.relative_to(other)) for each in other.rglob("*") if each.is_file()}
    assert names == {
        "ca.pem",
        "database.json",
        "identity/ca-key.pem",
        "identity/token-key.json",
        "partner.toml",
        "partners/dso.toml",
    }
    for name in ("identity/ca-key.pem", "identity/token-key.json", "database.json"):
        assert (other / name).stat().st_mode & 0o077 == 0
    with pytest.raises(BackupFailed, match="is there already"):
        make_worker(one, other)


def test_only_a_market_in_a_database_may_have_workers(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="has no partner"):
        make_worker(tmp_path / "nothing", tmp_path / "other")
    with pytest.raises(ServerFailed, match="market, ledger: only one of the market alone"):
        make_worker(started(tmp_path / "both", "market", "ledger"), tmp_path / "other")
    files = started(tmp_path / "files", "market")
    (files / "database.json").unlink()
    with pytest.raises(ServerFailed, match="records in files, which have one server"):
        make_worker(files, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_key_that_others_may_read_is_not_copied_on(tmp_path: Path) -> None:
    one = started(tmp_path / "one", "market")
    (one / "identity" / "token-key.json").chmod(0o644)
    with pytest.raises(KeyFileUnsafe):
        make_worker(one, tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("changed", "may"),
    [
        ({}, True),
        ({"database": ""}, False),
        ({"contexts": ""}, False),
        ({"contexts": "market,ledger"}, False),
    ],
)
def test_which_servers_may_be_workers(changed: dict[str, Any], *, may: bool) -> None:
    assert is_shareable(replace(SETTINGS, **changed)) is may


def test_workers_agree_on_the_market_and_on_their_address_not_on_where_they_listen() -> None:
    agreed = common_settings(SETTINGS, URL)
    assert common_settings(replace(SETTINGS, port=1, data=Path("other")), URL) == agreed
    assert common_settings(replace(SETTINGS, answer_minutes=60), URL) != agreed
    assert common_settings(SETTINGS, "https://127.0.0.1:8443") != agreed
