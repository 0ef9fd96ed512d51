import json
from pathlib import Path

import msgspec
import pytest

from platone.messages.market import RecordedSession


@pytest.fixture
def italian_session() -> RecordedSession:
    """D3.6 4.3; each PoD's baseline is the same all day, as only index 50 is published."""
    case = json.loads((Path(__file__).parent / "italian_session.json").read_text())
    del case["source"]
    for pod in case["pods"]:
        pod["powerBaseline"] = [pod.pop("baseline")] * 96
    return msgspec.convert(case, RecordedSession)
