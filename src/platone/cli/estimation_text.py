"""An estimated state as a summary for people."""

from platone.grid.picture.estimate_summary import estimate_findings
from platone.messages.estimation import GridEstimate

_SHOWN = 10


def estimation_text(found: GridEstimate, unwatched: str) -> str:
    """Return an estimate in words: how sure it is, bad measurements, alarms, what has no limit."""
    lines = [f"{len(found.buses)} buses, {found.at:%Y-%m-%d %H:%M:%S}Z"]
    lines += [f"  {each.text}" if each.is_bad else each.text for each in estimate_findings(found)]
    alarms = [
        f"  {alarm.element}  {alarm.kind} {alarm.value:.5g}, limit {alarm.limit:.5g} {alarm.unit}"
        for alarm in found.alarms[:_SHOWN]
    ]
    return "\n".join([*lines, f"{len(found.alarms)} alarm(s)", *alarms, unwatched])
