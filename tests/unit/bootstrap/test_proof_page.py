"""The page of a proof tells every step in words, and which one fails."""

import json
from pathlib import Path

from platone.bootstrap.pages import checked_proof
from platone.dashboard.domain.language import sentences

DATA = Path(__file__).parents[2] / "data" / "proof"


def test_every_step_of_a_good_proof_has_a_title() -> None:
    (file,) = DATA.glob("*.json")
    checked = checked_proof(file.read_bytes())
    assert checked.is_valid
    assert len(checked.steps) >= 8
    for step in checked.steps:
        assert step.passed is not False
        assert f"step_{step.name}" in sentences("en")
        assert f"why_{step.name}" in sentences("en")
        assert step.detail
    assert checked.content in json.loads(file.read_text("utf-8"))["content"]


def test_a_changed_text_fails_at_a_step_and_tells_nothing() -> None:
    (file,) = DATA.glob("*.json")
    proof = json.loads(file.read_text("utf-8"))
    proof["content"] = proof["content"].replace("1", "2", 1)
    checked = checked_proof(json.dumps(proof).encode())
    assert not checked.is_valid
    assert any(step.passed is False for step in checked.steps)
    assert (checked.content, checked.values) == ("", ())
