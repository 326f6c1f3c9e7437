"""The pages of apps: what is deployed, and what one of them brings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from loom.catalog.apps.folder import StoredApp
from loom.catalog.models import Entry
from loom.core.manifest import AppManifest
from loom.workshop.pages.definitions import address
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Act, Badges, Link, Number, Text
from loom.workshop.views.feedback import Banner, Empty
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["AppPage", "AppsPage", "app_address", "app_page", "apps_page", "apps_table"]

_HOME = "/apps"
_COLUMNS = (
    Column("name", "App"),
    Column("version", "Version"),
    Column("description", "Description", priority=2, shape=Shape.GROWING, card=Card.LINE),
    Column("definitions", "Definitions", shape=Shape.NUMBER, card=Card.HIDDEN),
    Column("state", "State", card=Card.CORNER),
)


@dataclass(frozen=True, slots=True)
class AppsPage:
    """The list, and the form that deploys another."""

    header: Header
    table: Table
    removed: Table | None
    upload: Field


@dataclass(frozen=True, slots=True)
class AppPage:
    """One app."""

    header: Header
    banners: tuple[Banner, ...]
    facts: tuple[tuple[str, str], ...]
    definitions: Table
    others: Table | None
    """Entry configs and scripts that are no workers or pipelines."""


def app_address(name: str, rest: str = "") -> str:
    """Where the page of an app is."""
    return f"{_HOME}/{quote(name, safe='')}{rest}"


def apps_page(apps: Sequence[StoredApp], removed: Sequence[StoredApp], problem: str = "") -> AppsPage:
    """The list; `problem` is what was wrong with a bundle."""
    return AppsPage(
        Header("Apps", meta=("Bundles of workers and pipelines that someone made",)),
        apps_table(apps),
        Table("Removed apps", _REMOVED, tuple(map(_removed, removed))) if removed else None,
        Field(
            "zip_file",
            "ZIP with a manifest.yaml at its top",
            FieldKind.FILE,
            problem=f"Nothing was deployed. {problem}" if problem else "",
            required=True,
            attributes=(("accept", ".zip,application/zip"),),
        ),
    )


def apps_table(apps: Sequence[StoredApp]) -> Table:
    """The same as a table, for its twins too."""
    empty = Empty("No apps yet: deploy a ZIP, and its workers and pipelines stand beside your own.")
    return Table("Apps", _COLUMNS, tuple(map(_listed, apps)), empty=empty)


def app_page(app: StoredApp, entries: Sequence[Entry], previous: StoredApp | None) -> AppPage:
    """One app, with the definitions that are in its folder."""
    manifest = app.manifest
    return AppPage(
        _header(app, previous),
        (Banner(app.problem, Tone.FAIL),) if app.problem else tuple(_hints(manifest)) if manifest else (),
        tuple(_facts(manifest)) if manifest else (),
        Table(
            "Definitions",
            _DEFINITIONS,
            tuple(map(_definition, entries)),
            empty=Empty("It brings no workers or pipelines."),
        ),
        _others(manifest) if manifest else None,
    )


_REMOVED = (
    Column("name", "App"),
    Column("version", "Version", shape=Shape.GROWING),
    Column("", "", card=Card.LINE),
)
_DEFINITIONS = (
    Column("name", "Name"),
    Column("kind", "Kind"),
    Column("tier", "Tier", priority=2),
    Column("description", "Description", priority=2, shape=Shape.GROWING, card=Card.LINE),
    Column("state", "State", card=Card.CORNER),
)
_OTHERS = (
    Column("path", "File"),
    Column("kind", "Kind"),
    Column("description", "Description", shape=Shape.GROWING),
)


def _listed(app: StoredApp) -> Row:
    manifest = app.manifest
    state = known("valid") if manifest else Badge("invalid", Tone.FAIL, "cross", title=app.problem)
    count = len(manifest.entry_configs.each()) if manifest else None
    return Row(
        app.name,
        (
            Link(app.name, app_address(app.name), mono=True),
            Text(manifest.version if manifest else "", mono=True),
            Text(manifest.description if manifest else app.problem, muted=True),
            None if count is None else Number(str(count), count),
            Badges((state,)),
        ),
        app_address(app.name),
    )


def _removed(app: StoredApp) -> Row:
    restore = Action("Restore", post=app_address(app.name, "/restore"))
    version = app.manifest.version if app.manifest else ""
    return Row(app.name, (Text(app.name, mono=True), Text(version, mono=True), Act((restore,))))


def _header(app: StoredApp, previous: StoredApp | None) -> Header:
    manifest = app.manifest
    known_before = previous.manifest if previous and previous.manifest != manifest else None
    before = known_before.version if known_before else "the one before"
    back = Action(f"Back to {before}", post=app_address(app.name, "/restore"), icon="return")
    remove = Action("Remove", post=app_address(app.name, "/remove"), icon="trash", tone=ActionTone.DANGER)
    return Header(
        app.name,
        (Crumb("Apps", _HOME), Crumb(app.name)),
        (Badge(manifest.version, title="Version"), known("valid")) if manifest else (known("invalid"),),
        (manifest.description,) if manifest else (),
        (back, remove) if previous else (remove,),
    )


def _hints(manifest: AppManifest) -> Iterator[Banner]:
    """What a person still has to do."""
    package = manifest.python_package
    if package:
        yield Banner(
            f"It needs the Python package {package.name}, which is not installed by Loom: look at its code in "
            f"{package.install_path}, then install it where Loom runs.",
            Tone.WARNING,
        )
    for extra in manifest.unknown_extras:
        yield Banner(f"It asks for the extra '{extra}', which no Loom has.", Tone.WARNING)


def _facts(manifest: AppManifest) -> Iterator[tuple[str, str]]:
    yield "Version", manifest.version
    yield "For Loom", manifest.loom_version
    if manifest.required_extras:
        yield "Extras", ", ".join(manifest.required_extras)
    if manifest.python_package:
        yield "Python package", f"{manifest.python_package.name} in {manifest.python_package.install_path}"


def _definition(entry: Entry) -> Row:
    problem = entry.problem
    state = known("valid") if problem is None else Badge("invalid", Tone.FAIL, "cross", title=str(problem))
    return Row(
        f"{entry.ref.kind}-{entry.ref.name}",
        (
            Link(entry.ref.name, address(entry.ref), mono=True),
            Text(entry.ref.kind.value),
            Text(entry.tier or "", muted=True),
            Text(entry.description, muted=True),
            Badges((state,)),
        ),
    )


def _others(manifest: AppManifest) -> Table | None:
    configs = manifest.entry_configs
    rows = [(one.config, "schedule", one.description or "") for one in configs.schedulers]
    rows += [(one.config, "MCP gateway", one.description or "") for one in configs.mcp]
    rows += [(one.path, "script", one.description) for one in manifest.scripts]
    shown = tuple(
        Row(path, (Text(path, mono=True), Text(kind), Text(said, muted=True))) for path, kind, said in rows
    )
    return Table("Other files", _OTHERS, shown) if shown else None
