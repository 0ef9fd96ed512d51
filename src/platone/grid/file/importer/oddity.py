"""Odd values that files of every form have: one rule for each, and each is told."""

from platone.grid.file.importer.elements import Elements
from platone.grid.file.importer.findings import Findings
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer
from platone.grid.network.vector_group import vector_group

UNWATCHED_LINE = "has no greatest current above 0: its loading is not watched"
UNWATCHED_TRANSFORMER = "has no greatest loading above 0: its loading is not watched"
_LEFT_OUT = (
    "has a vector group (clock) whose phase shift is left out of the angles behind it, "
    "as its own phase shift says"
)


def remark_unwatched(findings: Findings, elements: Elements) -> None:
    """Tell branches whose loading is not watched."""
    for line in elements.of(Line):
        if line.limit_a is None:
            findings.remark_alike(line.id, UNWATCHED_LINE)
    stars = elements.of(ThreeWindingTransformer)
    for unit in (*elements.of(Transformer), *(each for star in stars for each in star.windings)):
        if unit.limit_percent is None:
            findings.remark_alike(unit.id, UNWATCHED_TRANSFORMER)


def remark_clocks(findings: Findings, elements: Elements) -> None:
    """Tell vector groups whose clock is not in the phase shift, or is none that can be used.

    The phase shift counts in balanced calculations, the vector group in unbalanced ones.
    """
    for unit in elements.of(Transformer):
        if not unit.vector_group:
            continue
        try:
            if vector_group(unit).uncounted_deg:
                findings.remark_alike(unit.id, _LEFT_OUT)
        except ValueError as error:
            findings.remark(unit.id, f"{error}: unbalanced calculations refuse it")
    for star in elements.of(ThreeWindingTransformer):
        if any(winding.uncounted_hour for winding in star.windings):
            findings.remark_alike(star.id, _LEFT_OUT)
