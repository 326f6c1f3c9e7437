"""`loom users`: who may log in to the Workshop; also the way back in for an administrator who forgot the password."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.access.models import User
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(
    help="Say who may log in to the Workshop, and what they may do.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List everybody who may log in."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json, with_app
    from loom.cli.show.console import put
    from loom.cli.show.format import ago
    from loom.cli.show.table import show_table

    async def use(opened: "App") -> "list[User]":
        return await opened.access.users.all(LOCAL)

    found = with_app(use)
    if as_json:
        print_json([{"username": user.name, "role": user.role.value} for user in found])
        return
    if not found:
        put("No users yet: at this machine nobody has to log in. Add one with: loom users add NAME")
        return
    rows = [(user.name, user.role.value, ago(user.created_us)) for user in found]
    show_table(rows, ("user", "may", "added"))


@app.command("add")
def add(
    name: _Name,
    role: Annotated[
        str | None, typer.Option(metavar="ROLE", help="read, run or admin; default run, of the first admin.")
    ] = None,
) -> None:
    """Add a user; asks for a password, or reads it from standard input."""
    from loom.access.models import LOCAL, Role
    from loom.access.people import NewUser
    from loom.cli.context import with_app
    from loom.cli.show.console import put
    from loom.wiring.named import one_of

    wanted = one_of(Role, "--role", role)
    password = _password(name)

    async def use(opened: "App") -> Role:
        given = wanted or (Role.RUN if await opened.access.has_admin() else Role.ADMIN)
        await opened.access.users.add(NewUser(name, password, given), LOCAL)
        return given

    put(f"{name} may {with_app(use)}.")


@app.command("password")
def set_password(name: _Name) -> None:
    """Give a user another password; they are logged out everywhere."""
    from loom.access.models import LOCAL
    from loom.cli.context import with_app
    from loom.cli.show.console import put

    async def find(opened: "App") -> "User":
        return await opened.access.users.named(name, LOCAL)

    user = with_app(find)
    password = _password(name)

    async def use(opened: "App") -> None:
        await opened.access.users.reset_password(user.id, password, LOCAL)

    with_app(use)
    put(f"{name} has another password, and is logged out everywhere.")


@app.command("remove")
def remove(name: _Name) -> None:
    """Remove a user: their logins end, their API keys are revoked."""
    from loom.access.models import LOCAL
    from loom.cli.context import with_app
    from loom.cli.show.console import put

    async def use(opened: "App") -> None:
        user = await opened.access.users.named(name, LOCAL)
        await opened.access.users.remove(user.id, LOCAL)

    with_app(use)
    put(f"{name} is removed.")


def _password(name: str) -> str:
    """Asked for twice at a terminal; elsewhere the first line that comes in."""
    from loom.cli.answers import awaited

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    with awaited("loom users", "type it, or give it on standard input"):
        return typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True)
