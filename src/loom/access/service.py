"""Who may come in: the services of this room, over one database."""

from dataclasses import dataclass
from pathlib import Path

from loom.access import store
from loom.access.audit import Audit
from loom.access.doorway import Doorway
from loom.access.identity import Identity
from loom.access.keys import Keys
from loom.access.models import Credentials, Principal
from loom.access.passwords import Passwords
from loom.access.people import Users
from loom.access.throttle import Throttle
from loom.access.tokens import Signer
from loom.core.clock import Clock
from loom.core.endpoint_config import Secret
from loom.storage.database import Database

__all__ = ["Access", "AccessSecrets"]


@dataclass(frozen=True, slots=True)
class AccessSecrets:
    """What the operator has set."""

    data_dir: Path
    """Where the secret of tokens is kept when none is set."""

    api_key: Secret | None = None
    jwt_secret: Secret | None = None


class Access:
    """Says who asks, lets them in, and keeps users, keys and the record of what was done."""

    def __init__(self, database: Database, clock: Clock, secrets: AccessSecrets) -> None:
        self._database = database
        passwords, throttle = Passwords(), Throttle(clock)
        signer = Signer(secrets.jwt_secret.value if secrets.jwt_secret else None, secrets.data_dir)
        static_key = secrets.api_key.value if secrets.api_key else None
        self._identity = Identity(database, clock, signer, static_key)
        self.doorway = Doorway(database, clock, passwords, throttle, signer)
        self.users = Users(database, clock, passwords, throttle)
        self.keys = Keys(database, clock)
        self.audit = Audit(database)

    async def identify(self, given: Credentials) -> Principal | None:
        """Who asks; None when nobody can tell."""
        return await self._identity.identify(given)

    async def has_admin(self) -> bool:
        """Whether someone has been made an administrator: until then only this machine is served."""
        return await self._database.read(store.has_admin)
