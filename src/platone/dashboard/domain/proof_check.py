"""The check of a proof, step by step, as a page shows it."""

from collections.abc import Callable
from dataclasses import dataclass

STEP_NAMES = {
    "form": "The file has its one form",
    "seal": "A block was sealed",
    "transaction": "A transaction is in it",
    "event": "A contract told it",
    "inclusion": "The text is under its root",
    "device": "A device signed the text",
    "payment": "The payment, computed again",
    "total": "All payments together",
    "claims": "Nothing more is claimed",
    "sealer": "Who sealed",
    "chain": "Which chain",
    "contract": "Which contract",
}
"""The steps of a check in words; households read them in their own language."""


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a check.

    Attributes:
        name: Its name.
        passed: Whether it holds; none where it is the reader's to establish.
        detail: In words, what is shown, or why not.
    """

    name: str
    passed: bool | None
    detail: str

    @property
    def title(self) -> str:
        """Return the step in a reader's words."""
        return STEP_NAMES.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """The result of checking a proof.

    Attributes:
        is_valid: Whether every step holds.
        steps: The steps, in their order.
        values: The values that the text tells, in people's units.
        content: The certified text.
    """

    is_valid: bool
    steps: tuple[CheckStep, ...]
    values: tuple[str, ...]
    content: str


CheckProof = Callable[[bytes], ProofCheck]
"""A check of a proof file's bytes, which asks no server."""
