"""A data folder that has had records is a running system's, until its list says otherwise."""

from pathlib import Path

import pytest

from platone.bootstrap.founded import check_founded, remember_founded
from platone.bootstrap.problem import RecordsMissing


def found(folder: Path, *names: str) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"records")
    remember_founded(folder, files)
    return files


def test_an_empty_folder_is_a_new_one(tmp_path: Path) -> None:
    check_founded(tmp_path)
    (tmp_path / "anything.txt").write_text("a file of somebody else's")
    check_founded(tmp_path)


def test_a_folder_with_all_its_records_is_one(tmp_path: Path) -> None:
    found(tmp_path, "market.db", "chain/chain.db")
    check_founded(tmp_path)


def test_what_is_gone_or_empty_is_named(tmp_path: Path) -> None:
    gone, emptied, folder, _ = found(tmp_path, "b.db", "a.db", "c.db", "whole.db")
    gone.unlink()
    emptied.write_bytes(b"")
    folder.unlink()
    folder.mkdir()
    with pytest.raises(RecordsMissing) as missing:
        check_founded(tmp_path)
    assert missing.value.fields["missing"] == ["a.db", "b.db", "c.db"]


def test_a_line_that_is_removed_is_forgotten_and_the_rest_is_not(tmp_path: Path) -> None:
    gone, _ = found(tmp_path, "a.db", "b.db")
    gone.unlink()
    listed = tmp_path / "records.txt"
    listed.write_text(listed.read_text().replace("a.db\n", ""))
    check_founded(tmp_path)
    (tmp_path / "b.db").unlink()
    with pytest.raises(RecordsMissing):
        check_founded(tmp_path)


def test_the_list_is_written_anew_only_where_it_says_something_else(tmp_path: Path) -> None:
    files = found(tmp_path, "b.db", "a.db")
    listed = tmp_path / "records.txt"
    lines = [line for line in listed.read_text().splitlines() if not line.startswith("#")]
    assert lines == ["a.db", "b.db"]
    listed.chmod(0o400)
    before = listed.stat().st_mtime_ns
    remember_founded(tmp_path, files[::-1])
    assert listed.stat().st_mtime_ns == before
    listed.chmod(0o600)
    remember_founded(tmp_path, [*files, tmp_path / "c.db"])
    assert "c.db" in listed.read_text().splitlines()
