"""A founded data folder, copied for each test, and the identity server over it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from platone.identity.context import Identity
from platone.infra.http.problem import install_problems
from platone.messages.identity import CredentialsFile

from .home import Home, running_home

BASE = "https://127.0.0.1:8443"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    async def found(folder: Path) -> None:
        identity = Identity(folder, BASE)
        await identity.start()
        await identity.stop()

    folder = tmp_path_factory.mktemp("founded") / "data"
    asyncio.run(found(folder))
    return folder


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(founded, tmp_path / "data")


@pytest.fixture
async def identity(folder: Path) -> AsyncIterator[Identity]:
    running = Identity(folder, BASE)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def app(identity: Identity) -> FastAPI:
    made = FastAPI()
    made.state.token_verifier = identity.verifier
    made.state.access_log = identity.access_log
    made.include_router(identity.router)
    install_problems(made)
    return made


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


@pytest.fixture
def secret(folder: Path, identity: Identity) -> Callable[[str], str]:
    assert identity.credentials_file.parent == folder
    told = msgspec.json.decode(identity.credentials_file.read_bytes(), type=CredentialsFile)
    by_client = {client.client_id: client.client_secret for client in told.clients}
    return by_client.__getitem__


@pytest.fixture
async def home(founded: Path, tmp_path: Path) -> AsyncIterator[Home]:
    async with running_home(founded, tmp_path / "named") as running:
        yield running
