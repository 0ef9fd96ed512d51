"""Grid results as a summary for people."""

from collections.abc import Sequence
from datetime import datetime

from platone.cli.alarm_text import NetworkWords, alarm_line, alarm_lines, more_lines
from platone.messages.grid import Alarm, BusResult, CutReason, GridState, RequestRun, ValidationRun

_BEFORE = "it was broken before the trades, and they make it no worse"
_SHOWN = 10
"""Lines of one kind that are printed: alarms and results stay on one screen."""


class PowerFlowSummary:
    """The summary of a power flow: its size, its extremes, and what is broken."""

    def __init__(self) -> None:
        self._first: GridState | None = None
        self._count = 0
        self._loss_kw = 0.0
        self._low: BusResult | None = None
        self._high: BusResult | None = None
        self._loaded: tuple[float, str, datetime] | None = None

    def add(self, state: GridState) -> None:
        """Take the state of one instant into account."""
        self._first = self._first or state
        self._count += 1
        self._loss_kw += state.losses.p_kw
        fed = [bus for bus in state.buses if bus.voltage_pu > 0]
        if fed:
            low, high = min(fed, key=_voltage), max(fed, key=_voltage)
            self._low = min(self._low or low, low, key=_voltage)
            self._high = max(self._high or high, high, key=_voltage)
        loaded = [(b.loading_percent, b.name) for b in state.branches if b.loading_percent]
        if loaded:
            percent, name = max(loaded)
            if self._loaded is None or percent > self._loaded[0]:
                self._loaded = percent, name, state.at

    def text(self, alarms: Sequence[Alarm], network: NetworkWords) -> str:
        """Return the text on all states, their alarms, and what has no limit."""
        if (first := self._first) is None:
            return "no instant"
        size = f"{len(first.buses)} buses, {len(first.branches)} branches"
        lines = [f"{size}, {self._count} instant(s) from {first.at:%Y-%m-%d %H:%M}Z"]
        if self._low is not None and self._high is not None:
            lines.append(
                f"voltages {self._low.voltage_pu:.4f} pu ({self._low.name}) to "
                f"{self._high.voltage_pu:.4f} pu ({self._high.name})"
            )
        if self._loaded is not None:
            percent, name, at = self._loaded
            lines.append(f"highest loading {percent:.1f} % ({name}, {at:%Y-%m-%d %H:%M}Z)")
        average = " on average" if self._count > 1 else ""
        lines.append(f"losses {self._loss_kw / self._count:.2f} kW{average}")
        dead = sum(1 for bus in first.buses if bus.voltage_pu == 0)
        if dead:
            lines.append(f"no source feeds {dead} of the buses: without voltage")
        return "\n".join([*lines, *alarm_lines(alarms, network), network.unwatched])


def _voltage(bus: BusResult) -> float:
    return bus.voltage_pu


def request_text(run: RequestRun, network: NetworkWords) -> str:
    """Return a request in words: what is asked of whom, what is left, what has no limit."""
    lines = [
        f"{need.at:%Y-%m-%d %H:%M}Z  {need.change_kw:+12.3f} kW  of {need.baseline_kw:.3f} kW: "
        f"{', '.join(need.elements)}"
        for need in run.needs
    ]
    total = sum(abs(need.change_kw) for need in run.needs) / 4
    head = f"{len(run.needs)} need(s), {total:.2f} kWh in all" if run.needs else "nothing is asked"
    if run.incurable:
        head += f"; {len(run.incurable)} broken limit(s) stay"
    left = [f"left: {alarm_line(each.alarm, network)}: {each.reason}" for each in run.incurable]
    told = [*alarm_lines(run.alarms, network), head, *lines[:_SHOWN], *more_lines(lines)]
    return "\n".join(
        [*told, *_cost_line(run), *left[:_SHOWN], *more_lines(left), network.unwatched]
    )


def _cost_line(run: RequestRun) -> list[str]:
    """Return the request's cost beside that of single changes, where there are prices."""
    limits = {limit for n in run.needs for limit in (n.limit_eur_per_kwh, n.limit_eur_per_kvarh)}
    if limits <= {None}:
        return []
    asked, least = sum(c.asked for c in run.costs) / 4, sum(c.least for c in run.costs) / 4
    return [f"cost {asked:.2f} EUR in merit order; single consumers' changes {least:.2f} EUR"]


def validation_text(run: ValidationRun, network: NetworkWords) -> str:
    """Return a validation in words: what was cut, and why; what is left; what has no limit."""
    cut = [trade for trade in run.trades if trade.accepted_kw != trade.change_kw]
    lines = [
        f"{trade.at:%Y-%m-%d %H:%M}Z  {trade.element}: {trade.accepted_kw:+.3f} of "
        f"{trade.change_kw:+.3f} kW, for "
        + "; ".join(f"{each.element} {_beyond(each)}" for each in trade.cuts)
        for trade in cut
    ]
    head = f"{len(run.trades)} trade(s): {len(run.trades) - len(cut)} whole, {len(cut)} cut"
    if run.left:
        head += f"; {len(run.left)} limit(s) that were broken before stay broken"
    left = [f"left: {alarm_line(alarm, network)}: {_BEFORE}" for alarm in run.left]
    told = [*alarm_lines(run.alarms, network), head, *lines[:_SHOWN], *more_lines(lines)]
    return "\n".join([*told, *left[:_SHOWN], *more_lines(left), network.unwatched])


def association_text(pairs: dict[str, str]) -> str:
    """Return which source feeds each point of delivery, a line each."""
    return "\n".join(f"{pod}  {pom}" for pod, pom in pairs.items()) or "no point of delivery"


def _beyond(cut: CutReason) -> str:
    sign = ">" if cut.value > cut.limit else "<"
    return f"{cut.value:.4g} {sign} {cut.limit:.4g} {cut.unit}"
