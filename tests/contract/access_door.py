"""The services of access over one database, and what a visitor does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loom.access.doorway import Setup, Try
from loom.access.keys import NewKey
from loom.access.models import Credentials, Principal, PrincipalKind, Role
from loom.access.people import NewUser
from loom.access.service import Access, AccessSecrets
from loom.core.clock import FakeClock
from loom.core.endpoint_config import Secret
from loom.storage.database import Database, open_database

__all__ = ["PASSWORD", "Door", "door"]

PASSWORD = "a long way home"


@dataclass
class Door:
    """The services of the room, and what a visitor does."""

    access: Access
    database: Database
    clock: FakeClock
    data_dir: Path

    async def who(self, session: str | None = None, bearer: str | None = None, *, here: bool = False):
        return await self.access.identify(Credentials(session, bearer, here))

    async def admin(self, name: str = "ann") -> Principal:
        wish = Setup(Try(name, PASSWORD, "1.2.3.4"), self.access.doorway.setup_token)
        return (await self.access.doorway.setup(wish)).principal

    async def user(self, admin: Principal, name: str = "bob", role: Role = Role.RUN) -> Principal:
        user = await self.access.users.add(NewUser(name, PASSWORD, role), admin)
        return Principal(name, role, PrincipalKind.USER, user)

    async def login(self, name: str = "bob", password: str = PASSWORD, **given) -> str:
        return (await self.access.doorway.login(Try(name, password, "1.2.3.4", **given))).session

    async def token(self, name: str = "bob", access: Access | None = None) -> str:
        doorway = (access or self.access).doorway
        return (await doorway.token(Try(name, PASSWORD, "1.2.3.4"))).token

    async def key(self, owner: Principal, role: Role = Role.RUN, **given) -> str:
        return (await self.access.keys.add(NewKey("ci", role, **given), owner)).secret

    def again(self, **secrets: str) -> Access:
        """The same after a restart of the server."""
        given = {name: Secret(name, value) for name, value in secrets.items()}
        return Access(self.database, self.clock, AccessSecrets(self.data_dir, **given))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    database, clock = open_database(url), FakeClock()
    yield Door(Access(database, clock, AccessSecrets(tmp_path)), database, clock, tmp_path)
    await database.aclose()
