"""An estimated state as a summary for people."""

from platone.cli.alarm_text import NetworkWords, alarm_lines
from platone.grid.picture.estimate_summary import estimate_findings
from platone.messages.estimation import GridEstimate


def estimation_text(found: GridEstimate, network: NetworkWords) -> str:
    """Return an estimate in words: how sure it is, bad measurements, alarms, what has no limit."""
    lines = [f"{len(found.buses)} buses, {found.at:%Y-%m-%d %H:%M:%S}Z"]
    lines += [f"  {each.text}" if each.is_bad else each.text for each in estimate_findings(found)]
    return "\n".join([*lines, *alarm_lines(found.alarms, network), network.unwatched])
