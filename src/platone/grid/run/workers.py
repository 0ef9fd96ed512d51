"""The workers of long calculations: here, in processes of this machine, or on a cluster.

One setting names the place:

- empty: in this process, one part after the other;
- ``processes`` or ``processes:4``: in processes of this machine;
- ``tcp://host:8786`` or ``tls://host:8786``: on the Dask cluster of that scheduler (BSD-3-Clause;
  the extra ``platone[cluster]``). Its workers need the same version of this package. A Dask
  scheduler runs whatever it is sent: keep it in a closed network, or behind TLS, whose
  certificates are Dask's own settings.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from platone.grid.problem.calculation import ClusterMissing, WorkersInvalid
from platone.kernel.errors import PlatoneError
from platone.kernel.extra import Extra

_PLACE = re.compile(r"|processes(:[1-9]\d{0,3})?|(tcp|tls)://[^\s/]+:\d{1,5}")

Work = TypeVar("Work")
Result = TypeVar("Result")


class Workers(Protocol):
    """Workers that do independent work."""

    @property
    def count(self) -> int:
        """Return the number of workers."""
        ...

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """Yield the results in the order of the works, each as soon as those before it are there.

        Raises:
            ClusterMissing: The workers were lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """A worker that does one work after the other in this process."""

    count = 1

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """Yield the result of each work, in the order of the works."""
        return map(do, works)


@dataclass(frozen=True, slots=True)
class InProcesses:
    """Workers that are processes of this machine.

    Args:
        pool: The processes.
        count: How many.
    """

    pool: ProcessPoolExecutor
    count: int

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """Yield the result of each work, in the order of the works."""
        try:
            yield from self.pool.map(do, works)
        except BrokenProcessPool as error:
            reason = "A process that calculates has ended: is there enough memory?"
            raise ClusterMissing(reason, address="processes") from error


@dataclass(frozen=True, slots=True)
class OnDask:
    """Workers of a Dask cluster.

    Args:
        client: Its ``distributed.Client``.
        address: That of its scheduler.
        count: How many threads its workers have.
    """

    client: Any
    address: str
    count: int

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """Yield the result of each work, in the order of the works."""
        try:
            for future in self.client.map(do, works, pure=False):
                yield future.result()
        except PlatoneError:
            raise
        except (OSError, CancelledError) as error:
            raise _lost(self.address, "the connection broke") from error
        except (ImportError, RuntimeError) as error:  # another version of what they are sent
            raise _lost(self.address, _one_line(error)) from error
        except Exception as error:
            if not type(error).__module__.startswith("distributed."):
                raise
            raise _lost(self.address, _one_line(error)) from error


@contextmanager
def workers(where: str = "", timeout_s: float = 10.0) -> Iterator[Workers]:
    """Give workers at the place that the setting names, as long as the context lasts.

    Args:
        where: The setting.
        timeout_s: How long to wait for a cluster's answer.

    Raises:
        WorkersInvalid: The setting is of none of its forms.
        ClusterMissing: There is no such place.
    """
    check_place(where)
    if not where:
        yield InProcess()
    elif where.startswith("processes"):
        count = int(where.partition(":")[2] or os.cpu_count() or 1)
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            yield InProcesses(pool, count)
    else:
        with _client(where, timeout_s) as client:
            yield OnDask(client, where, _threads(client, where, timeout_s))


def check_place(where: object) -> None:
    """Refuse a setting that is of none of its forms.

    Raises:
        WorkersInvalid: It is not.
    """
    if not isinstance(where, str) or _PLACE.fullmatch(where) is None:
        raise WorkersInvalid(
            f"workers = {where!r}: it is processes, processes:<count>, or the address of a Dask "
            "scheduler (tcp://host:port or tls://host:port)."
        )


def _client(address: str, timeout_s: float) -> Any:
    try:
        from distributed import Client, Security  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        reason = Extra.CLUSTER.is_missing_for(f"workers = {address}")
        raise ClusterMissing(reason, address=address) from error
    make_client: Any = Client
    try:
        security = _security(Security, address)
        return make_client(address, timeout=timeout_s, security=security, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = f"No Dask scheduler answers at {address}: {_one_line(error)}."
        raise ClusterMissing(reason, address=address) from error


def _security(make: Any, address: str) -> Any:
    """Return Dask's own settings; without certificates its client would wait long for nothing."""
    security = make()
    has_certificates = security.get_connection_args("client").get("ssl_context") is not None
    if address.startswith("tls:") and not has_certificates:
        raise OSError("Dask's settings name no certificates (distributed.comm.tls)")
    return security


def _threads(client: Any, address: str, timeout_s: float) -> int:
    """Return the number of a cluster's threads; refuse one without workers or our package."""
    try:
        client.wait_for_workers(1, timeout_s)
    except TimeoutError as error:
        reason = f"The Dask scheduler at {address} has no workers."
        raise ClusterMissing(reason, address=address) from error
    versions = client.get_versions(packages=["platone"])
    ours = versions["client"]["packages"]["platone"]
    for place, each in {"scheduler": versions["scheduler"], **versions["workers"]}.items():
        theirs = each["packages"]["platone"]
        if theirs != ours:
            reason = f"{place} of {address} has platone {theirs}, here it is {ours}"
            raise ClusterMissing(f"The {reason}.", address=address)
    return sum(client.nthreads().values())


def _lost(address: str, reason: str) -> ClusterMissing:
    return ClusterMissing(f"The workers at {address} were lost: {reason}.", address=address)


def _one_line(error: Exception) -> str:
    """Return the first sentence of a library's message."""
    return " ".join(str(error).split()).split(". ")[0].rstrip(".") or type(error).__name__
