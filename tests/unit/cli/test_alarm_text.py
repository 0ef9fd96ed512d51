"""Alarms on the command line: one line an element, with its name and how long it lasts."""

from datetime import UTC, datetime, timedelta

from platone.cli.alarm_text import NetworkWords, alarm_lines
from platone.messages.grid import Alarm

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
NETWORK = NetworkWords({"line/3": "Cable to the mill", "bus/1": "bus/1"}, "")


def alarm(
    element: str, quarter: int, value: float, kind: str = "current", phase: str | None = None
) -> Alarm:
    at = MIDNIGHT + quarter * timedelta(minutes=15)
    return Alarm(element=element, kind=kind, value=value, limit=200, unit="A", at=at, phase=phase)


def test_one_line_an_element_with_name_and_spans() -> None:
    quarters = [(40, 260.0), (41, 255.0), (39, 250.0), (72, 240.0), (76, 230.0), (77, 229.0)]
    alarms = [alarm("line/3", *each) for each in quarters]
    alarms.insert(1, alarm("bus/1", 95, 259.0))
    times = "2026-11-22 09:45 to 10:15Z, 2026-11-22 18:00Z, 2026-11-22 19:00 to 19:15Z"
    worst = "2026-11-22 10:00Z  line/3 (Cable to the mill)  current 260 A, limit 200 A"
    assert alarm_lines(alarms, NETWORK) == [
        "7 alarm(s) at 2 element(s), the worst first:",
        f"  {worst}; 6 quarter-hours: {times}",
        "  2026-11-22 23:45Z  bus/1  current 259 A, limit 200 A",
    ]


def test_kinds_of_one_element_stand_apart_and_phases_together() -> None:
    alarms = [
        alarm("bus/1", 4, 260.0, phase="B"),
        alarm("bus/1", 4, 250.0, phase="A"),
        alarm("bus/1", 4, 240.0, kind="unbalance"),
    ]
    _, current, unbalance = alarm_lines(alarms, NETWORK)
    assert current.endswith("bus/1 phase B  current 260 A, limit 200 A")
    assert "unbalance 240" in unbalance


def test_long_lists_and_many_spans_are_cut() -> None:
    many = [alarm(f"line/{number}", 0, 300.0 - number) for number in range(13)]
    lines = alarm_lines(many, NETWORK)
    assert len(lines) == 12
    assert lines[-1] == "  … and 3 more (see --json)"
    scattered = [alarm("line/9", 3 * number, 300.0 - number) for number in range(5)]
    (line,) = alarm_lines(scattered, NETWORK)[1:]
    assert line.endswith(
        "5 quarter-hours: 2026-11-22 00:00Z, 2026-11-22 00:45Z, 2026-11-22 01:30Z, …"
    )


def test_a_span_over_midnight_names_both_days() -> None:
    alarms = [alarm("line/9", quarter, 300.0 - quarter) for quarter in range(94, 98)]
    (line,) = alarm_lines(alarms, NETWORK)[1:]
    assert line.endswith("4 quarter-hours: 2026-11-22 23:30 to 2026-11-23 00:15Z")


def test_nothing_is_broken() -> None:
    assert alarm_lines([], NETWORK) == ["no alarms"]
