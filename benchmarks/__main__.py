"""Run all measurements, or those named: `python -m benchmarks [clearing dso …]`."""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.harness import Row, machine

OUTPUT = Path("out/bench/results.json")
_NOT_MEASUREMENTS = {"harness", "__main__"}


def _table(rows: list[Row]) -> Table:
    table = Table(title="Medians; a ratio is ours divided by the other's")
    for column in ("what", "ours", "beside", "other", "ratio", "note"):
        table.add_column(column)
    for row in rows:
        other = "" if row.beside_value is None else f"{row.beside_value:.4g} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.what, f"{row.value:.4g} {row.unit}", row.beside, other, ratio, row.note)
    return table


def main(names: list[str]) -> None:
    console = Console()
    found = sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in _NOT_MEASUREMENTS
    )
    rows: list[Row] = []
    for name in names or found:
        console.print(f"… {name}")
        rows += importlib.import_module(f"benchmarks.{name}").measure()
    console.print(_table(rows))
    described = machine()
    console.print(described)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": described, "rows": [row.as_json() for row in rows]}
    OUTPUT.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"written: {OUTPUT}")


main(sys.argv[1:])
