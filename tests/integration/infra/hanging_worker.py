"""A worker that stands still in the middle of a writing transaction, until it is told to go on.

Usage: python -m tests.integration.infra.hanging_worker URL
"""

import asyncio
import sys

from sqlalchemy import insert
from tests.integration.infra.test_lease import DONE, Worker


async def hang(url: str) -> None:
    worker = Worker(url)
    await worker.leases.look()
    try:
        with worker.leases["outbox"].doing():
            async with worker.database.transaction() as connection:
                await connection.execute(insert(DONE).values(what="by the hanging one"))
                print("stands still", flush=True)  # noqa: T201
                sys.stdin.readline()  # the loop itself stands: nothing is renewed
        print("stored", flush=True)  # noqa: T201
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        print(type(error).__name__, flush=True)  # noqa: T201
    await worker.database.close()


if __name__ == "__main__":
    asyncio.run(hang(sys.argv[1]))
