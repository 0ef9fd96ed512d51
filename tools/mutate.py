"""Change the product a little and see whether a test notices: `python tools/mutate.py [module …]`.

tools/mutation.toml names the modules, the tests that guard them, the seed and the size of the
sample. Survivors are printed; with --page docs/reference/mutation.md gets the figures of the
modules that were run.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ["CI"] = "true"  # hypothesis then draws the same examples in each run
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process that has threads should not fork

from mutant import Mutant, mutants_of
from mutation_page import (
    SOURCE,
    Figures,
    is_current,
    modules_of,
    text_of,
    write_figures,
)
from mutation_run import ROOT, Baseline, Copy, baseline, ended, forked, import_once, is_noticed

PLAN = ROOT / "tools" / "mutation.toml"
LONGEST_MODULE_S = 7200.0
"""How long the sample of a module may take, s."""


@dataclass(frozen=True)
class Sample:
    """The mutations of a module, and those that are run.

    Attributes:
        module: Its path below src/platone.
        possible: How many mutations there are.
        harmless: How many of them change nothing, as the plan says with the reason.
        chosen: Those that are run.
        text: The first digits of the hash of the module's text.
    """

    module: str
    possible: int
    harmless: int
    chosen: list[Mutant]
    text: str


def main() -> int:
    """Run the samples; the status is 1 where a module falls below nine of ten."""
    plan = tomllib.loads(PLAN.read_text())
    arguments = _arguments(plan)
    figures = []
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        Path(folder).chmod(0o711)  # a database's server, another user, reaches its files below
        copies = [Copy(Path(folder) / "0")]
        for group in plan["group"]:
            modules = [
                module
                for module in modules_of(group["modules"])
                if not arguments.module or any(part in module for part in arguments.module)
                if not arguments.older or not is_current(module)
            ]
            if arguments.list:
                print("".join(f"{module}\n" for module in modules), end="")
            elif modules:
                samples = [_sample(copies[0], module, plan, arguments) for module in modules]
                write = None
                if arguments.page:
                    write = partial(write_figures, plan, arguments.seed)
                figures += _run_group(group, samples, copies, arguments.jobs, write)
    return 1 if any(each.share < 0.9 for each in figures) else 0  # noqa: PLR2004 - nine of ten


def _arguments(plan: dict[str, Any]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", nargs="*", help="part of a module's path; all by default")
    parser.add_argument("--sample", type=int, default=plan["sample"], help="mutations a module")
    parser.add_argument("--seed", type=int, default=plan["seed"])
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--page", action="store_true", help="write docs/reference/mutation.md")
    parser.add_argument("--older", action="store_true", help="what has no row of its present text")
    parser.add_argument("--list", action="store_true", help="name the modules, and run nothing")
    return parser.parse_args()


def _sample(
    place: Copy, module: str, plan: dict[str, Any], arguments: argparse.Namespace
) -> Sample:
    source = (place.root / SOURCE / module).read_text()
    mutants = mutants_of(module, source)
    excused = {
        (each["within"], each["change"]) for each in plan["harmless"] if each["module"] == module
    }
    for needless in excused - {(each.within, each.change) for each in mutants}:
        print(f"{PLAN.name}: no such change in {module} any more: {needless}")
    left = [each for each in mutants if (each.within, each.change) not in excused]
    draw = random.Random(f"{arguments.seed} {module}")  # noqa: S311 - a sample
    chosen = draw.sample(left, min(arguments.sample, len(left)))
    return Sample(module, len(mutants), len(mutants) - len(left), chosen, text_of(module))


def _run_group(
    group: dict[str, Any],
    samples: list[Sample],
    copies: list[Copy],
    jobs: int,
    write: Callable[[list[Figures]], None] | None,
) -> list[Figures]:
    """Run the samples of modules that the same tests guard; each is told as soon as it is done."""
    begin = time.monotonic()
    paths = [SOURCE + each.module for each in samples]
    known = baseline(copies[0], paths, group["tests"], group.get("elsewhere", []))
    print(f"{group['name']}: {len(known.duration_s)} tests in {time.monotonic() - begin:.0f} s")
    for test in known.failed:
        print(f"  fails without any change, and is left out: {test}")
    import_once(known.imported)
    while len(copies) < jobs:
        copies.append(Copy(copies[0].root.with_name(str(len(copies)))))
    for other in copies[1:]:  # with what Python has compiled
        shutil.copytree(copies[0].root, other.root, dirs_exist_ok=True)
    found = []
    for sample in samples:
        left = _run_all(sample, copies, known)
        run = len(sample.chosen)
        figures = Figures(
            sample.module, sample.possible, sample.harmless, run, run - left, sample.text
        )
        found.append(figures)
        share = f"{figures.share:.0%}" if run else "nothing to change"
        print(f"  {sample.module}: {figures.noticed} of {run} noticed ({share})", flush=True)
        if write is not None:
            write([figures])
    print(f"  {time.monotonic() - begin:.0f} s", flush=True)
    return found


def _run_all(sample: Sample, copies: list[Copy], known: Baseline) -> int:
    """Return how many mutations no test notices; each copy of the tree gets its share."""
    workers = []
    for number, place in enumerate(copies):
        share = sample.chosen[number :: len(copies)]
        workers.append((forked(_worker(sample.module, share, place, known)), place))
    survived = 0
    for child, place in workers:
        if ended(child, LONGEST_MODULE_S) != 0:
            raise SystemExit("The run was stopped.")
        survived += int((place.root / "survived").read_text())
    return survived


def _worker(module: str, share: list[Mutant], place: Copy, known: Baseline) -> Callable[[], int]:
    def run() -> int:
        os.setsid()
        survived = 0
        for mutant in share:
            if not is_noticed(place, SOURCE + module, mutant, known):
                survived += 1
                where = f"{SOURCE}{module}:{mutant.line} {mutant.within}"
                print(f"    survives: {where}: {mutant.change}", flush=True)
        (place.root / "survived").write_text(str(survived))
        return 0

    return run


if __name__ == "__main__":
    sys.exit(main())
