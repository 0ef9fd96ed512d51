"""The check of a proof, step by step, as a page shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from platone.messages.chain import ChainIdentity

STEPS = (
    "form",
    "seal",
    "transaction",
    "event",
    "inclusion",
    "device",
    "payment",
    "total",
    "claims",
    "sealer",
    "network",
    "chain",
    "contract",
)
"""The steps of a check; each has its words in every language."""


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a check.

    Attributes:
        name: Its name.
        passed: Whether it holds; none where it is the reader's to establish, or does not apply.
        detail: In words, what is shown, or why not.
        applies: Whether a text of this kind can pass or fail it.
        value: For a step that is the reader's, what is to be compared; empty for none.
    """

    name: str
    passed: bool | None
    detail: str
    applies: bool = True
    value: str = ""

    def is_published(self, chain: ChainIdentity) -> bool:
        """Return whether a market publishes the value as its chain's, in capitals or not."""
        known = {
            "sealer": [chain.sealer] if chain.sealer is not None else [],
            "chain": [str(chain.chain_id)],
            "contract": list(chain.contracts.values()),
        }
        return self.value.lower() in {each.lower() for each in known.get(self.name, ())}

    @property
    def outcome(self) -> str:
        """Return how it ended: holds, fails, not_applied or yours, as sentences are named."""
        if not self.applies:
            return "not_applied"
        return {True: "holds", False: "fails", None: "yours"}[self.passed]


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """The result of checking a proof.

    Attributes:
        is_valid: Whether every step that applies holds.
        steps: The steps, in their order.
        values: The values that the text tells, in people's units.
        content: The certified text.
    """

    is_valid: bool
    steps: tuple[CheckStep, ...]
    values: tuple[str, ...]
    content: str

    def count(self, outcome: str) -> int:
        """Return how many steps ended in one way."""
        return sum(each.outcome == outcome for each in self.steps)


CheckProof = Callable[[bytes], ProofCheck]
"""A check of a proof file's bytes, which asks no server."""
