"""Remarks on metering, forecasts and recorded phasors, a line each."""

from dataclasses import dataclass

import msgspec
import numpy as np

from platone.grid.phasor.recording import RecordedPower
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.profile.day_forecast import DayForecast
from platone.grid.profile.typical_day import TypicalDays


@dataclass(frozen=True, slots=True)
class Lines:
    """A file of messages, a line each, and what there is to say of it."""

    content: bytes
    remarks: list[str]


def metering_remarks(made: TypicalDays | DayForecast) -> list[str]:
    """Return the remarks on the metering behind a result, a sentence each."""
    return [each.detail for each in made.remarks]


def forecast_remarks(made: DayForecast) -> list[str]:
    """Return each consumer's model, and the back-test's mean absolute errors by day."""
    told = []
    for place, (consumer, model) in enumerate(zip(made.consumers, made.chosen, strict=True)):
        errors = [float(score.mae_kw[place]) for score in made.test.scores[model]]
        if np.isnan(made.p_kw[:, place]).all():
            continue  # a remark on its metering says why
        if np.isnan(errors).all():
            told.append(f"{consumer}: {model}; its days are too few to know an error")
        else:
            words = ", ".join("unknown" if np.isnan(each) else f"{each:.1f}" for each in errors)
            told.append(f"{consumer}: {model}; mean absolute error {words} kW by day")
    return told


def phasor_lines(name: str, found: RecordedPower) -> Lines:
    """Return the powers of a recording as messages of the same form, and what is wrong in it.

    Args:
        name: The recording's file, for the error.
        found: What it holds.

    Raises:
        SeriesFileInvalid: It holds no power at all.
    """
    encoded = [msgspec.json.encode(message) + b"\n" for message in found.messages()]
    told = [f"line {each.line}: {each.problem.detail}" for each in found.problems]
    if not encoded:
        first = f": {told[0]}" if told else " at all"
        raise SeriesFileInvalid(f"{name} holds no power of phasors{first}.")
    return Lines(b"".join(encoded), told)
