"""A server that has a name, with people who have passwords, and browsers at it."""

import base64
import hashlib
import html
import json
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI

from platone.identity.context import Identity
from platone.identity.records.client import ClientRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.table import metadata
from platone.identity.service.people import ManagePeople
from platone.identity.service.secret_hash import SecretHasher
from platone.infra.db import Database, sqlite_url
from platone.infra.http.problem import install_problems
from platone.kernel.clock import SystemClock
from platone.messages.base import Role

from .authenticator import Device

BASE = "https://platone.example:8443"
PASSWORD = "a long sentence of words"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
PASSKEYS = "/api/identity/passkeys"


class Home:
    """A server that has a name, and browsers at it."""

    def __init__(
        self, http: httpx.AsyncClient, identity: Identity, people: ManagePeople, app: FastAPI
    ) -> None:
        self.http, self.identity, self.people, self.app = http, identity, people, app
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.asked = {
            "response_type": "code",
            "client_id": "dashboard",
            "redirect_uri": f"{BASE}/signed-in",
            "state": "a-state",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }

    async def question(self) -> Any:
        page = await self.http.get("/oauth2/authorize", params=self.asked)
        (found,) = re.findall(r'data-question="([^"]+)"', page.text)
        return json.loads(html.unescape(found))

    async def send(
        self, typed: dict[str, str], http: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        form = {name: value for name, value in (self.asked | typed).items() if value}
        return await (http or self.http).post("/oauth2/authorize", data=form, headers=OWN_PAGE)

    async def token(self, answer: httpx.Response) -> str:
        return str((await self.redeem(answer))["access_token"])

    async def redeem(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 303, answer.text
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.asked["redirect_uri"],
            "code_verifier": self.verifier,
        }
        who = ("dashboard", self.identity.web_secret)
        made: dict[str, Any] = (await self.http.post("/oauth2/token", data=form, auth=who)).json()
        return made

    async def lasts(self, refresh_token: str) -> bool:
        """Whether a sign-in still gives tokens."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        who = ("dashboard", self.identity.web_secret)
        return (await self.http.post("/oauth2/token", data=form, auth=who)).status_code == 200

    async def password(self, name: str) -> str:
        return await self.token(await self.send({"name": name, "password": PASSWORD}))

    async def call(self, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token}"}
        return await self.http.request(method, path, json=body, headers=bearer)

    async def asks(self, token: str) -> Any:
        answer = await self.call(token, "POST", f"{PASSKEYS}/question")
        assert answer.status_code == 200, answer.text
        return answer.json()["publicKey"]

    async def add(self, name: str) -> tuple[str, Device]:
        token, device = await self.password(name), Device(BASE, "platone.example")
        answer = await self.call(token, "POST", PASSKEYS, device.make(await self.asks(token)))
        assert answer.status_code == 201, answer.text
        return token, device


@asynccontextmanager
async def running_home(founded: Path, folder: Path) -> AsyncIterator[Home]:
    """Run a server on a copy of a founded folder: anna of the market, bert of the DSO, a house."""
    shutil.copytree(founded, folder)
    identity = Identity(folder, BASE)
    await identity.start()
    app = FastAPI()
    app.state.token_verifier = identity.verifier
    app.state.access_log, app.state.change_log = identity.access_log, identity.change_log
    app.include_router(identity.router)
    install_problems(app)
    database = Database(sqlite_url(folder / "identity.db"), metadata)
    records = PersonRecords(database)
    people = ManagePeople(records, ClientRecords(database), SecretHasher(), SystemClock())
    await people.add("anna", "MO", (), PASSWORD)
    await people.add("bert", "DSO", (), PASSWORD)
    await people.add("house", "CUSTOMER-1", (Role.CUSTOMER,), PASSWORD)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        yield Home(http, identity, people, app)
    await database.close()
    await identity.stop()
