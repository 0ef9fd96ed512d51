"""`platone doctor` on a folder in which a whole market day was played: it is well."""

import json
import os
import subprocess
import sys
from pathlib import Path


def test_a_folder_with_a_whole_day_is_well(finished_day: Path) -> None:
    data = str(finished_day / "data")
    command = [sys.executable, "-m", "platone", "doctor", "--data", data, "--json"]
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PLATONE_PORT": "0"},
    )
    findings = json.loads(done.stdout)["findings"]
    assert {"file rights", "databases"} <= {each["about"] for each in findings}
    assert [each for each in findings if each["level"] == "fault"] == []
