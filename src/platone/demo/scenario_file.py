"""Reads a scenario's folder, and says of whatever is wrong which file, where and why."""

import csv
import json
import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from platone.demo.scenario import Figure, Offered, Plant, Scenario, SettingsFile, TsoRequest
from platone.messages.base import PowerKw

T = TypeVar("T")


class ScenarioInvalid(Exception):
    """A file of the scenario cannot be used: names the file, the place and the reason."""


def load_scenario(folder: Path) -> Scenario:
    """Read a scenario's folder.

    Raises:
        ScenarioInvalid: Names the file, the place in it and the reason.
    """
    if not folder.is_dir():
        raise ScenarioInvalid(f"{folder} is not a folder")
    settings = _convert(folder / "scenario.toml", _toml(folder / "scenario.toml"), SettingsFile)
    expected, request = folder / "expected.json", folder / "tso-request.json"
    scenario = Scenario(
        folder=folder,
        title=settings.title,
        day=settings.day,
        dso=settings.dso,
        field=settings.field,
        plants=tuple(_rows(folder / "pods.csv", Plant)),
        offers=tuple(_rows(folder / "offers.csv", Offered)),
        baselines_kw=_baselines(folder / "baselines.csv"),
        tso_request=_convert(request, _json(request), TsoRequest) if request.exists() else None,
        network=_convert(folder / "network.json", _json(folder / "network.json"), dict[str, Any]),
        expected=(
            tuple(_convert(expected, _json(expected), list[Figure])) if expected.exists() else None
        ),
    )
    _check(scenario)
    return scenario


def _check(scenario: Scenario) -> None:
    """Check that the files of a scenario fit each other."""
    folder = scenario.folder
    try:
        ZoneInfo(scenario.day.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScenarioInvalid(
            f"{folder / 'scenario.toml'}, day.zone: there is no time zone {scenario.day.zone!r}"
        ) from error
    pods = [plant.pod_id for plant in scenario.plants]
    if not pods or len(set(pods)) != len(pods):
        raise ScenarioInvalid(f"{folder / 'pods.csv'}: each PoD stands there once, at least one")
    for pod in pods:
        count = len(scenario.baselines_kw.get(pod, ()))
        if count != scenario.quarter_hours:
            raise ScenarioInvalid(
                f"{folder / 'baselines.csv'}, column {pod}: {scenario.day.market_day} has "
                f"{scenario.quarter_hours} quarter-hours in {scenario.day.zone}, found {count}"
            )
    for number, offer in enumerate(scenario.offers, start=2):
        place = f"{folder / 'offers.csv'}, line {number}"
        if offer.pod_id not in pods:
            raise ScenarioInvalid(f"{place}, pod_id: {offer.pod_id} is not in pods.csv")
        if offer.index >= scenario.quarter_hours:
            raise ScenarioInvalid(
                f"{place}, index: the last quarter-hour is {scenario.quarter_hours - 1}"
            )
    _check_request(scenario, pods)
    for name, instant in (
        ("day.clock_start", scenario.day.clock_start),
        ("field.metering_starts", scenario.field.metering_starts),
    ):
        if instant.tzinfo is None or instant >= scenario.start:
            raise ScenarioInvalid(
                f"{folder / 'scenario.toml'}, {name}: needs a zone (end it with Z) and lies before "
                f"the market day, {scenario.start.isoformat()}"
            )


def _check_request(scenario: Scenario, pods: list[str]) -> None:
    """Check that the TSO's request is about plants of the scenario and quarter-hours of its day."""
    file = scenario.folder / "tso-request.json"
    for entry in scenario.tso_request.flexibility if scenario.tso_request else ():
        unknown = [pod for pod in entry.pod or () if pod not in pods]
        if unknown:
            raise ScenarioInvalid(f"{file}: {unknown[0]} is not in pods.csv")
        if any(point.index >= scenario.quarter_hours for point in entry.power):
            raise ScenarioInvalid(
                f"{file}, index: the last quarter-hour is {scenario.quarter_hours - 1}"
            )


def _read(file: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:  # TOML, JSON and UTF-8 errors are ValueErrors
        reason = error.strerror if isinstance(error, OSError) else error
        raise ScenarioInvalid(f"{file}: {reason}") from error


def _toml(file: Path) -> Any:
    return _read(file, tomllib.loads)


def _json(file: Path) -> Any:
    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is not a number")

    return _read(file, lambda text: json.loads(text, parse_constant=refuse))


def _convert(place: Path | str, raw: Any, kind: type[T], *, is_text: bool = False) -> T:
    try:
        return msgspec.convert(raw, type=kind, strict=not is_text)
    except msgspec.ValidationError as error:
        raise ScenarioInvalid(f"{place}: {error}") from error


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(_read(file, str.splitlines), strict=True)
    names = reader.fieldnames or ()
    if len(set(names)) != len(names):
        raise ScenarioInvalid(f"{file}, line 1: a column stands there twice")
    try:
        for row in reader:
            if None in row or None in row.values():
                raise ScenarioInvalid(
                    f"{file}, line {reader.line_num}: needs {len(reader.fieldnames or ())} values"
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise ScenarioInvalid(f"{file}, line {reader.line_num}: {error}") from error


def _rows(file: Path, kind: type[T]) -> Iterator[T]:
    for number, row in _lines(file):
        item = _convert(f"{file}, line {number}", row, kind, is_text=True)
        for name in row:
            value = getattr(item, name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ScenarioInvalid(f"{file}, line {number}, {name}: {value} is not a number")
        yield item


def _baselines(file: Path) -> dict[str, tuple[float, ...]]:
    columns: dict[str, list[float]] = {}
    for number, row in _lines(file):
        for pod, text in row.items():
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            place = f"{file}, line {number}, {pod}"
            if not math.isfinite(value):
                raise ScenarioInvalid(f"{place}: {text!r} is not a number")
            columns.setdefault(pod, []).append(_convert(place, value, PowerKw))
    return {pod: tuple(values) for pod, values in columns.items()}
