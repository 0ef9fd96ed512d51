"""What a person reads of a checked proof: units, thresholds, corrections, signers, and the text."""

from typing import Any

import msgspec
import pytest

from platone.kernel.canonical import canonical_json
from platone.ledger.domain.proof_report import Check, ProofReport, report_text
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.domain.verification import verify_proof

from .forged_proof import DEVICE, EUR, SEALER, SENDER, anchored, line, settled, signed


def changed(text: str, trade: dict[str, Any], **terms: Any) -> str:
    """A settled line whose trade is told otherwise."""
    told = msgspec.json.decode(text, type=SettledLine)
    told = msgspec.structs.replace(told, line=msgspec.structs.replace(told.line, **trade))
    return canonical_json(msgspec.structs.replace(told, **terms)).decode()


def report_of(text: str, **sums: int) -> ProofReport:
    return verify_proof(settled([text], **sums).proof().encode())


def test_reactive_energy_is_told_in_kilovarhours_everywhere() -> None:
    report = report_of(changed(line(), {"reactive": True}), paid=7 * EUR)
    told = {check.name: check.detail for check in report.checks}
    assert told["payment"].startswith("Computed again: 1 kvarh delivered, 0 kvarh missing;")
    assert "kWh" not in report_text(report).partition("content: ")[0]
    assert "measured 9 kvarh" in " ".join(report.values)


@pytest.mark.parametrize(
    ("least", "full", "told"),
    [
        (0, 0, "7 EUR"),
        (500_000, 0, "7 EUR (nothing is paid below 50 % of what was ordered)"),
        (500_000, 500_000, "7 EUR (nothing is paid below 50 % of what was ordered)"),
        (505_000, 950_000, "7 EUR (sliding between 50.5 % and 95 % of what was ordered)"),
    ],
)
def test_thresholds_of_an_agreement_are_told(least: int, full: int, told: str) -> None:
    terms = {"least_delivery_ppm": least, "full_delivery_ppm": full}
    report = report_of(line(**terms), paid=7 * EUR)
    assert report.valid
    assert report.values[2].endswith(f"0 kWh missing at 11 EUR/kWh: {told}")
    assert len(report.values) == 4


def test_a_correction_tells_what_it_corrects() -> None:
    text = changed(line(), {"corrects": "trade-0"}, net_before=5 * EUR)
    values = report_of(text, paid=2 * EUR).values
    assert values[3] == "it corrects trade-0, which came to 5 EUR: the difference is settled"
    assert values[4] == "to the customer 1.6 tokens, to the aggregator 0.4 tokens"


def test_a_report_is_read_from_top_to_bottom() -> None:
    text = report_text(verify_proof(anchored([signed()]).proof().encode()))
    lines = text.splitlines()
    assert lines[0].startswith("ok   form         It is in its one form.")
    assert [each.split()[0] for each in lines if each.startswith("note")] == ["note"] * 3
    at = lines.index("PROVEN: this reading stood in block 1.")
    assert lines[at - 1] == ""
    assert lines[at + 1 : at + 5] == [
        f"  signed the content as Light Node: {DEVICE.address}",
        f"  signed the transaction as certifier: {SENDER.address}",
        f"  signed the block as sealer: {SEALER.address}",
        "  IT001, 15 minutes from 2021-06-23T10:30:00+00:00: 2.45 kWh withdrawn (measured)",
    ]
    assert lines[at + 5].startswith('  content: {"device"')
    assert len(lines) == at + 6


@pytest.mark.parametrize(("length", "more"), [(600, ""), (601, " … (601 characters)")])
def test_of_a_long_text_the_first_six_hundred_characters_are_shown(length: int, more: str) -> None:
    report = verify_proof(anchored(["x" * length], kind="settlement").proof().encode())
    assert report_text(report).endswith("\n  content: " + "x" * 600 + more)


def test_what_is_not_proven_shows_its_steps_alone() -> None:
    raw = anchored(["x"], kind="settlement").proof().encode()
    wrong = verify_proof(raw, expected_sealer=SENDER.address)
    assert (wrong.valid, wrong.claims, wrong.content, wrong.signers) == (False, None, None, [])
    assert [each.name for each in wrong.checks if each.passed is False] == ["sealer"]
    text = report_text(wrong)
    assert text.endswith("\n\nNOT PROVEN.")
    assert "FAIL sealer" in text
    right = verify_proof(raw, expected_sealer=SEALER.address, expected_chain=1)
    assert [each.passed for each in right.checks[-3:]] == [True, True, None]


@pytest.mark.parametrize(
    ("sealer", "asked", "shown"),
    [
        (SEALER.address, None, "block 1."),
        (None, None, "a block of the hash 0xabc."),
        (None, False, "a block of the hash 0xabc."),
        (None, True, "block 1."),
    ],
)
def test_a_block_without_a_seal_has_its_number_only_by_a_nodes_word(
    sealer: str | None,
    asked: bool | None,  # noqa: FBT001 - as a step tells it
    shown: str,
) -> None:
    """Whether nobody was asked, a node has no such block, or has it; other steps say nothing."""
    known = verify_proof(anchored(["x"], kind="mixed").proof().encode())
    assert known.claims is not None
    claims = msgspec.structs.replace(known.claims, sealer=sealer, block_hash="0xabc")
    checks = [Check(name="form", passed=True, detail="It is in its one form.")]
    if asked is not None:
        checks.append(Check(name="rpc block", passed=asked, detail="A node was asked."))
    report = ProofReport(valid=True, checks=checks, claims=claims, content="x")
    assert f"PROVEN: this record stood in {shown}\n" in report_text(report)


def test_a_record_of_several_kinds_is_called_a_record() -> None:
    report = verify_proof(anchored(["x"], kind="mixed").proof().encode())
    assert "PROVEN: this record stood in block 1." in report_text(report)


def test_a_step_that_does_not_apply_is_marked_apart_and_says_why() -> None:
    report = report_of(line(), paid=7 * EUR)
    (device,) = [each for each in report.checks if each.name == "device"]
    assert (report.valid, device.passed, device.applies) == (True, None, False)
    assert "this is a settlement line, which no device signs" in device.detail
    (told,) = [each for each in report_text(report).splitlines() if " device " in each]
    assert told.startswith("n/a  device")
    (mixed,) = [
        each
        for each in verify_proof(anchored(["x"], kind="mixed").proof().encode()).checks
        if each.name == "device"
    ]
    assert "this is another text, which no device signs" in mixed.detail
