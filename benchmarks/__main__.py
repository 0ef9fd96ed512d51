"""Run all measurements, or those named: `python -m benchmarks [clearing ledger …]`."""

import importlib
import json
import pkgutil
import sys
import time
import traceback
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.harness import NotThere, Row, machine

OUTPUT = Path("out/bench")
_NOT_MEASUREMENTS = {
    "harness",
    "__main__",
    "simbench",
    "grid_model",
    "pandapower_estimate",
    "assume_program",
    "aged_intake",
    "aged_offer",
    "aged_party",
    "aged_server",
    "store_size",
    "technical_answer",
}
_FRAMES = -3
_WIDE, _READABLE = 1000, 170
_console = Console(highlight=False, width=None if sys.stdout.isatty() else _READABLE)


def _table(rows: list[Row]) -> Table:
    table = Table(title="Medians; a ratio is what ours costs in units of the other's cost")
    for column in ("what", "ours", "beside", "other", "ratio", "note"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for row in rows:
        other = "" if row.beside_value is None else _quantity(row.beside_value, row.unit)
        ratio = "" if row.ratio is None else _digits(row.ratio)
        ours = _quantity(row.value, row.unit)
        table.add_row(row.what, ours, row.beside, other, ratio, row.note)
    return table


def _quantity(value: float, unit: str) -> str:
    return f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    """Three digits, more than a noisy machine can tell; whole numbers are kept whole."""
    is_whole = abs(value) >= 100 or value == int(value)
    return f"{value:,.0f}" if is_whole else f"{value:.3g}"


def _measured(names: list[str]) -> tuple[list[Row], list[str]]:
    """The rows of these modules, and the names of those that failed."""
    rows: list[Row] = []
    failed: list[str] = []
    for name in names:
        begun_s = time.perf_counter()
        _console.print(f"… {name}", end=" ")
        try:
            rows += importlib.import_module(f"benchmarks.{name}").measure()
        except NotThere as reason:
            _console.print(f"left out: {reason}")
        except Exception:  # noqa: BLE001 - one that fails shall not keep the others from running
            failed.append(name)
            _console.print("[red]failed[/]")
            traceback.print_exc(limit=_FRAMES)
        else:
            _console.print(f"{time.perf_counter() - begun_s:.0f} s")
    return rows, failed


def _write(stem: str, rows: list[Row], failed: list[str], described: dict[str, str]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    content = {"machine": described, "rows": [row.as_json() for row in rows], "failed": failed}
    (OUTPUT / f"{stem}.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    table = _table(rows)
    table.box = box.MARKDOWN
    table.title = None
    with (OUTPUT / f"{stem}.md").open("w", encoding="utf-8") as file:
        Console(file=file, width=_WIDE).print(table)
    _console.print(f"written: {OUTPUT / stem}.json, {stem}.md")


def main(names: list[str]) -> int:
    """Measure and tell; the exit status."""
    every = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    found = [name for name in every if name not in _NOT_MEASUREMENTS]
    unknown = [name for name in names if name not in found]
    if unknown:
        _console.print(f"There is no {', '.join(unknown)}; there are {', '.join(found)}.")
        return 2
    rows, failed = _measured(names or found)
    described = machine()
    _console.print(_table(rows))
    _console.print(described)
    _write("-".join(names) or "results", rows, failed, described)
    if failed:
        _console.print(f"[red]Not measured, because it failed: {', '.join(failed)}[/]")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
