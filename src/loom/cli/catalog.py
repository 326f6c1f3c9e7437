"""`loom catalog`: what workers and pipelines there are, what they were before, and how to change them safely."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from loom.cli.options import AsJson, ConfigsDir

if TYPE_CHECKING:
    from loom.catalog.models import Ref, Saved
    from loom.catalog.service import Catalog, Difference
    from loom.core.kinds import Kind
    from loom.wiring.app import App

__all__ = ["app"]

T = TypeVar("T")

app = typer.Typer(
    help="List workers and pipelines; see and change their versions.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class _Kind(StrEnum):
    WORKER = "worker"
    PIPELINE = "pipeline"


class _ListKind(StrEnum):
    WORKER = "worker"
    PIPELINE = "pipeline"
    LLM = "llm"
    PROCESSOR = "processor"


_Name = Annotated[str, typer.Argument(metavar="NAME", help="A worker or a pipeline.")]
_KindName = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="worker or pipeline, when both have the name."),
]
_VERSION = "last, last~1, v3, the first digits of a text's hash, or shipped."
_Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why; shown in the history.")]


@app.command("list")
def list_(
    search: Annotated[
        str, typer.Option(metavar="WORDS", help="Only with these in name or description.")
    ] = "",
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="worker, pipeline, llm or processor.")
    ] = None,
    tier: Annotated[str | None, typer.Option(metavar="TIER", help="local, standard or frontier.")] = None,
    source: Annotated[str | None, typer.Option(metavar="SOURCE", help="own, app or shipped.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="What can be brought back.")] = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """List workers and pipelines: your own, those of apps, and those that come with Loom."""
    from loom.access.models import LOCAL
    from loom.catalog.library import Source
    from loom.catalog.models import Query
    from loom.cli.context import print_json
    from loom.cli.show.catalog import entry_json, show_deleted, show_entries, version_json
    from loom.core.worker_config import Tier
    from loom.wiring.named import one_of

    query = Query(
        search,
        one_of(_ListKind, "--kind", kind),
        one_of(Tier, "--tier", tier),
        one_of(Source, "--source", source),
    )
    if deleted:
        gone = _with_catalog(configs_dir, lambda catalog: catalog.deleted(LOCAL))
        listed = [{"name": ref.name, "kind": ref.kind, "version": version_json(last)} for ref, last in gone]
        print_json(listed) if as_json else show_deleted(gone)
        return
    entries = _with_catalog(configs_dir, lambda catalog: catalog.list(query, LOCAL))
    print_json([entry_json(one) for one in entries]) if as_json else show_entries(entries)


@app.command("show")
def show(
    name: _Name,
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help=_VERSION)] = "last",
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Print the text of a version, byte for byte."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.show.catalog import show_text, text_json

    text = _on(name, kind, configs_dir, lambda catalog, ref: catalog.text(ref, version, LOCAL))
    print_json(text_json(text)) if as_json else show_text(text)


@app.command("history")
def history(
    name: _Name,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also of the same name in other folders.")
    ] = False,
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """List the versions, newest first. What was edited outside Loom is among them."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.show.catalog import history_json, show_history

    found = _on(name, kind, configs_dir, lambda catalog, ref: catalog.history(ref, LOCAL))
    print_json(history_json(found)) if as_json else show_history(found, everywhere=everywhere)


@app.command("diff")
def diff(
    name: _Name,
    old: Annotated[str, typer.Argument(metavar="[OLD]", help=_VERSION)] = "last~1",
    new: Annotated[str, typer.Argument(metavar="[NEW]", help="The same, or OTHER@VERSION.")] = "last",
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Show what changed from one version to another; without a terminal, as `patch` takes it."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.show.catalog import diff_json, show_diff

    async def compare(catalog: "Catalog", ref: "Ref") -> "Difference":
        sides = [await _side(catalog, ref, wanted) for wanted in (old, new)]
        return await catalog.diff(sides[0], sides[1], LOCAL)

    found = _on(name, kind, configs_dir, compare)
    print_json(diff_json(found)) if as_json else show_diff(found)


@app.command("save")
def save(
    name: _Name,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The new text.")],
    base: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Refuse unless this is still the present version.")
    ] = None,
    note: _Note = None,
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Save a text under a name, byte for byte, when it is valid. One that is not there yet is made."""
    from loom.access.models import LOCAL
    from loom.cli.context import read_given
    from loom.core.bounded import MAX_CONFIG_BYTES
    from loom.core.errors import NotFoundError

    content = read_given(file, "FILE", MAX_CONFIG_BYTES)

    async def store(catalog: "Catalog") -> "Saved":
        which = _kind(kind)
        try:
            ref = await catalog.find(name, which)
        except NotFoundError:
            ref = _new_ref(name, which, content)
        text = None if base is None else await catalog.text(ref, base, LOCAL)
        begun = None if text is None else text.version.hash
        return await catalog.save(ref, content, LOCAL, base=begun, note=note)

    _report(_with_catalog(configs_dir, store), as_json=as_json)


@app.command("edit")
def edit(
    name: _Name,
    note: _Note = None,
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Edit in your editor ($VISUAL, $EDITOR) and save. What comes with Loom becomes a copy of your own."""
    from loom.access.models import LOCAL
    from loom.cli.editing import edited

    async def change(catalog: "Catalog", ref: "Ref") -> "Saved":
        text = await catalog.text(ref, "last", LOCAL)
        with edited(text.content, ref.name) as content:
            return await catalog.save(ref, content, LOCAL, base=text.version.hash, note=note)

    _report(_on(name, kind, configs_dir, change), as_json=as_json)


@app.command("restore")
def restore(
    name: _Name,
    version: Annotated[str, typer.Argument(metavar="VERSION", help=_VERSION)],
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Make an earlier version the present one. Nothing is lost: it becomes a new version."""
    from loom.access.models import LOCAL

    saved = _on(name, kind, configs_dir, lambda catalog, ref: catalog.restore(ref, version, LOCAL))
    _report(saved, as_json=as_json)


@app.command("clone")
def clone(
    name: _Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name of the copy.")],
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Make a copy of your own under another name; comments and layout stay."""
    from loom.access.models import LOCAL

    saved = _on(name, kind, configs_dir, lambda catalog, ref: catalog.clone(ref, new, LOCAL))
    _report(saved, as_json=as_json)


@app.command("delete")
def delete(
    name: _Name,
    force: Annotated[bool, typer.Option("--force", help="Also when pipelines use it.")] = False,
    kind: _KindName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Delete one of your own; `loom catalog undo` brings it back."""
    from loom.access.models import LOCAL

    saved = _on(name, kind, configs_dir, lambda catalog, ref: catalog.delete(ref, LOCAL, force=force))
    _report(saved, as_json=as_json)


@app.command("undo")
def undo(
    name: _Name, kind: _KindName = None, as_json: AsJson = False, configs_dir: ConfigsDir = Path("configs")
) -> None:
    """Take back the last change, a deletion too. Undoing twice brings the change back."""
    from loom.access.models import LOCAL

    _report(_on(name, kind, configs_dir, lambda catalog, ref: catalog.undo(ref, LOCAL)), as_json=as_json)


@app.command("impact")
def impact(name: _Name, as_json: AsJson = False, configs_dir: ConfigsDir = Path("configs")) -> None:
    """Say which pipelines and stages a change of a worker can reach."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.show.catalog import impact_json, show_impact

    found = _with_catalog(configs_dir, lambda catalog: catalog.impact(name, LOCAL))
    print_json(impact_json(found)) if as_json else show_impact(found)


def _with_catalog(configs_dir: Path, use: "Callable[[Catalog], Awaitable[T]]") -> T:
    from loom.cli.context import with_app

    async def run(opened: "App") -> T:
        return await use(opened.catalog(configs_dir))

    return with_app(run)


def _on(name: str, kind: str | None, configs_dir: Path, use: "Callable[[Catalog, Ref], Awaitable[T]]") -> T:
    """`use` the definition called `name`."""

    async def run(catalog: "Catalog") -> T:
        return await use(catalog, await catalog.find(name, _kind(kind)))

    return _with_catalog(configs_dir, run)


def _kind(given: str | None) -> "Kind | None":
    from loom.core.kinds import Kind
    from loom.wiring.named import one_of

    chosen = one_of(_Kind, "--kind", given)
    return None if chosen is None else Kind(chosen.value)


async def _side(catalog: "Catalog", ref: "Ref", wanted: str) -> "tuple[Ref, str]":
    """`VERSION`, or `OTHER@VERSION`."""
    other, at, version = wanted.rpartition("@")
    return (await catalog.find(other, ref.kind), version) if at else (ref, wanted)


def _new_ref(name: str, kind: "Kind | None", content: bytes) -> "Ref":
    """What a text that is saved under a new name is to be: what it looks like, unless `kind` says."""
    from loom.catalog.definitions import read_definition
    from loom.catalog.models import Ref
    from loom.core.kinds import Kind, detect_kind

    looks = detect_kind(read_definition(Kind.WORKER, content, name).mapping)
    return Ref(kind or (Kind.PIPELINE if looks is Kind.PIPELINE else Kind.WORKER), name)


def _report(saved: "Saved", *, as_json: bool) -> None:
    from loom.cli.context import print_json
    from loom.cli.show.catalog import saved_json, show_saved

    print_json(saved_json(saved)) if as_json else show_saved(saved)
