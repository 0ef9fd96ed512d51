"""Grid results as a summary for people."""

from collections.abc import Sequence

from platone.messages.grid import Alarm, GridRun, GridState, RequestRun, ValidationRun

_SHOWN = 10


def power_flow_text(run: GridState | GridRun) -> str:
    """A power flow: how much there is of it, what is broken, what is most loaded."""
    states = run.results if isinstance(run, GridRun) else [run]
    first = states[0]
    fed = [bus for state in states for bus in state.buses if bus.voltage_pu > 0]
    size = f"{len(first.buses)} buses, {len(first.branches)} branches"
    lines = [f"{size}, {len(states)} instant(s) from {first.at:%Y-%m-%d %H:%M}Z"]
    if fed:
        low, high = min(fed, key=lambda b: b.voltage_pu), max(fed, key=lambda b: b.voltage_pu)
        lines.append(
            f"voltages {low.voltage_pu:.4f} pu ({low.name}) to {high.voltage_pu:.4f} pu "
            f"({high.name})"
        )
    loaded = [
        (branch.loading_percent, branch.name, state.at)
        for state in states
        for branch in state.branches
        if branch.loading_percent is not None
    ]
    if loaded:
        percent, name, at = max(loaded, key=lambda each: each[0])
        lines.append(f"highest loading {percent:.1f} % ({name}, {at:%H:%M}Z)")
    lines.append(f"losses {sum(s.losses.p_kw for s in states) / len(states):.2f} kW on average")
    dead = sum(1 for bus in first.buses if bus.voltage_pu == 0)
    if dead:
        lines.append(f"{dead} buses are without voltage: no source feeds them")
    return "\n".join([*lines, *_alarms(run.alarms)])


def request_text(run: RequestRun) -> str:
    """A request: what is asked of whom, and what is left."""
    lines = [
        f"{need.at:%Y-%m-%d %H:%M}Z  {need.change_kw:+12.3f} kW  of {need.baseline_kw:.3f} kW: "
        f"{', '.join(need.elements)}"
        for need in run.needs
    ]
    total = sum(abs(need.change_kw) for need in run.needs) / 4
    head = f"{len(run.needs)} need(s), {total:.2f} kWh in all" if run.needs else "nothing is asked"
    left = [f"left: {_alarm(each.alarm)}: {each.reason}" for each in run.incurable]
    return "\n".join([*_alarms(run.alarms), head, *lines[:_SHOWN], *_more(lines), *left[:_SHOWN]])


def validation_text(run: ValidationRun) -> str:
    """A validation: what was cut, and why."""
    cut = [trade for trade in run.trades if trade.accepted_kw != trade.change_kw]
    lines = [
        f"{trade.at:%Y-%m-%d %H:%M}Z  {trade.element}: {trade.accepted_kw:+.3f} of "
        f"{trade.change_kw:+.3f} kW, for "
        + "; ".join(f"{c.element} {c.value:.4g} > {c.limit:.4g} {c.unit}" for c in trade.cuts)
        for trade in cut
    ]
    head = f"{len(run.trades)} trade(s): {len(run.trades) - len(cut)} whole, {len(cut)} cut"
    left = [f"left: {_alarm(alarm)}" for alarm in run.left]
    return "\n".join([*_alarms(run.alarms), head, *lines[:_SHOWN], *_more(lines), *left[:_SHOWN]])


def association_text(pairs: dict[str, str]) -> str:
    """Which source feeds what."""
    return "\n".join(f"{pod}  {pom}" for pod, pom in pairs.items()) or "no point of delivery"


def _alarms(alarms: Sequence[Alarm]) -> list[str]:
    if not alarms:
        return ["no alarms"]
    lines = [f"  {_alarm(alarm)}" for alarm in alarms]
    return [f"{len(alarms)} alarm(s), the worst first:", *lines[:_SHOWN], *_more(lines)]


def _alarm(alarm: Alarm) -> str:
    phase = f" phase {alarm.phase}" if alarm.phase else ""
    return (
        f"{alarm.at:%Y-%m-%d %H:%M}Z  {alarm.element}{phase}  {alarm.kind} "
        f"{alarm.value:.5g} {alarm.unit}, limit {alarm.limit:.5g} {alarm.unit}"
    )


def _more(lines: Sequence[str]) -> list[str]:
    return [f"  … and {len(lines) - _SHOWN} more (see --json)"] if len(lines) > _SHOWN else []
