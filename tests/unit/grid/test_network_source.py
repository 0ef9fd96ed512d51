import json
import warnings
import zipfile
from pathlib import Path

import pytest

import platone.demo.italy
from platone.grid.file.network_source import read_network_content, read_network_path
from platone.grid.file.own_form import read_network
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.picture.draw import draw_network
from platone.grid.problem.network import Fault, NetworkInvalid

OWN = (Path(platone.demo.italy.__file__).with_name("scenario") / "network.json").read_bytes()


def fault_of(path: Path) -> Fault:
    with pytest.raises(NetworkInvalid) as caught:
        read_network_path(path)
    (fault,) = caught.value.faults
    return fault


def test_our_own_file_wherever_it_names_its_format(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(OWN)
    assert read_network_path(path).id == "italy-tor-di-valle"
    content = json.loads(OWN)
    form = content.pop("format")
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content | {"format": form}).encode())
    assert read_network_path(path).id == "italy-tor-di-valle"


def test_a_pandapower_file(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(write_pandapower(read_network(OWN)))
    assert len(read_network_path(path).buses) == len(read_network(OWN).buses)


def test_a_file_that_pandapower_wrote_itself(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow
        from pandapower import networks  # noqa: PLC0415

        pp.to_json(networks.simple_four_bus_system(), str(tmp_path / "net.json"))
    assert len(read_network_path(tmp_path / "net.json").buses) == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither JSON"),
        (b"id;name\n1;x\n", "neither JSON"),
        (b'{"type": "FeatureCollection"}', "no pandapower network"),
        (b'{"format": "platone-network/1"}', "missing required field"),
        (b"gAAAAABmZmZmZg", "encrypted"),
        (b"PK\x03\x04 and nothing more", "zip"),
    ],
)
def test_refused_by_the_files_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "net.dat"
    path.write_bytes(content)
    fault = fault_of(path)
    assert fault.element == str(path)
    assert reason in fault.reason


def test_a_path_with_nothing_there(tmp_path: Path) -> None:
    fault = fault_of(tmp_path / "gone.json")
    assert (fault.element, fault.reason) == (
        str(tmp_path / "gone.json"),
        "No such file or directory",
    )


def test_folder_and_zip_without_a_model(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    fault = fault_of(tmp_path / "empty.zip")
    assert (fault.element, "no XML file" in fault.reason) == (str(tmp_path / "empty.zip"), True)
    (tmp_path / "sub").mkdir()
    fault = fault_of(tmp_path / "sub")
    assert (fault.element, "no XML file" in fault.reason) == (str(tmp_path / "sub"), True)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platone.grid.file.network_source.MAX_FILE_BYTES", 1000)
    (tmp_path / "large.json").write_bytes(b" " * 1001)
    assert "more than" in fault_of(tmp_path / "large.json").reason


def test_faults_of_elements_keep_their_names() -> None:
    broken = OWN.replace(b'"bus/12150"', b'"bus/nowhere"', 1)
    with pytest.raises(NetworkInvalid) as caught:
        read_network_content("own.json", broken)
    assert "own.json" not in {fault.element for fault in caught.value.faults}


def test_a_network_without_a_name_is_called_after_its_file(tmp_path: Path) -> None:
    content = json.loads(write_pandapower(read_network(OWN)))
    content["_object"] |= {"name": "", "model_id": None}
    file = tmp_path / "Via-Roma.json"
    file.write_text(json.dumps(content))
    found = read_network_path(file)
    assert found.id == "Via-Roma"
    assert not [each for each in found.remarks if each.element == "file"]
    assert b">Via-Roma<" in draw_network(found)
