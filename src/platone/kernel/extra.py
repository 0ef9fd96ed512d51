"""Parts of the product that are installed on request, and what is said where one is missing."""

from enum import Enum


class Extra(Enum):
    """A part that `pip install "platone[name]"` adds; its value says what it brings.

    What each of them installs stands in ``pyproject.toml`` under the name in lower case.
    """

    MARKET = "the market's calculations"
    GRID = "the grid engine"
    NODE = "the Light Node"
    SERVER = "the server"
    PICTURE = "the renderer of images"
    KAFKA = "the client of Kafka"
    TRACE = "the sender of traces"
    CLUSTER = "the client of a Dask cluster"

    def is_missing_for(self, user: str) -> str:
        """Return the line that says what somebody needs and how it is installed."""
        name = self.name.lower()
        return (
            f'{user} needs {self.value}: pip install ".[{name}]" in a clone of the repository, '
            f'or "platone[{name}]" where it is published'
        )
