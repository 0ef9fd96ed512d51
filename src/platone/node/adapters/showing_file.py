"""The showings that a Light Node's last readings ended with, in a file."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from platone.infra.key_file import write_private
from platone.node.domain.register import Showing


class ShowingFile:
    """Keeps showings in a file, which is replaced whole.

    Args:
        file: The file; made where it is missing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> Sequence[Showing]:
        """Return the showings; none before the first ones."""
        if not self._file.exists():
            return ()
        return msgspec.json.decode(self._file.read_bytes(), type=list[Showing])

    def save(self, showings: Sequence[Showing]) -> None:
        """Keep showings in the place of those before."""
        write_private(self._file, msgspec.json.encode(showings))
