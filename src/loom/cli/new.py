"""`loom new`: a worker or a pipeline from a few answers, or from options alone."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loom.cli.options import AsJson, ConfigsDir

if TYPE_CHECKING:
    from loom.catalog.scaffold.worker import WorkerPlan
    from loom.cli.stages import Ask

__all__ = ["app"]

app = typer.Typer(help="Scaffold a worker or a pipeline.", no_args_is_help=True)

Name = Annotated[str | None, typer.Option(metavar="NAME", help="Lowercase letters, digits and '_'.")]
Alone = Annotated[bool, typer.Option("--non-interactive", help="Ask nothing: options and defaults decide.")]
_LONGEST_SHOWN = 30
_FIELDS = "NAME[:TYPE],..."
_STARTS = {"worker": "workers", "pipeline": "orchestrators"}


@app.command("worker")
def worker(
    name: Name = None,
    does: Annotated[str | None, typer.Option(metavar="TEXT", help="What it does, in a sentence.")] = None,
    given: Annotated[
        str | None, typer.Option("--input", metavar=_FIELDS, help="Fields of its input.")
    ] = None,
    output: Annotated[str | None, typer.Option(metavar=_FIELDS, help="Fields of its output.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="llm or processor.")] = None,
    tier: Annotated[str | None, typer.Option(metavar="TIER", help="local, standard or frontier.")] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The system prompt; default: made from the rest.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Of a processor: package.module.Class.")
    ] = None,
    non_interactive: Alone = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Scaffold a worker config: asks what it does, what goes in and what comes out.

    A type of field is text, number, integer, boolean, list, object, or its options as in calm|angry.
    """
    from loom.catalog.scaffold.worker import WorkerPlan, field_plans, worker_text
    from loom.catalog.scaffold.written import require_name
    from loom.core.worker_config import Tier, WorkerKind

    ask = _asking(quiet=non_interactive or as_json)
    called = ask("Name", name, "my_worker", require_name)
    chosen = ask("Kind (llm or processor)", kind, "llm", _member(WorkerKind, "--kind"))
    is_llm = chosen is WorkerKind.LLM
    plan = WorkerPlan(
        name=called,
        description=ask(
            "What it does, in a sentence", does, "Says in one sentence what this worker does.", _sentence
        ),
        inputs=ask("Fields of the input", given, "text", field_plans),
        outputs=ask("Fields of the output", output, "result", field_plans),
        kind=chosen,
        tier=ask("Tier (local, standard or frontier)", tier, "local", _member(Tier, "--tier"))
        if is_llm
        else Tier.LOCAL,
        prompt=prompt,
        backend=ask("Class that does it", backend, "mypackage.backend.MyBackend", str) if not is_llm else "",
        timeout_s=30 if is_llm else 60,
    )
    path = _create("worker", called, worker_text(plan), configs_dir)
    test = f"loom test {called} --input '{_sample(plan)}'{_in_folder(configs_dir)}"
    steps = [f"loom validate {shlex.quote(str(path))}", test]
    _report(path, steps, as_json=as_json)


@app.command("pipeline")
def pipeline(
    name: Name = None,
    does: Annotated[str | None, typer.Option(metavar="TEXT", help="What it does, in a sentence.")] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]WORKER", help="A stage, by its worker; may be repeated, in order."),
    ] = None,
    non_interactive: Alone = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Scaffold a pipeline config: asks for its stages, and wires them by the fields of their workers.

    A stage reads what has the same name in a stage before it, else from the goal.
    """
    from loom.catalog.scaffold.pipeline import pipeline_text
    from loom.catalog.scaffold.written import require_name
    from loom.cli.stages import gather

    ask = _asking(quiet=non_interactive or as_json)
    called = ask("Name", name, "my_pipeline", require_name)
    described = ask(
        "What it does, in a sentence", does, "Says in one sentence what this pipeline does.", _sentence
    )
    stages = gather(ask, stage, configs_dir, alone=non_interactive or as_json)
    path = _create("pipeline", called, pipeline_text(called, described, stages), configs_dir)
    steps = [f"loom validate {shlex.quote(str(path))}"]
    _report(path, steps, " → ".join(one.name for one in stages), as_json=as_json)


def _asking(*, quiet: bool) -> "Ask":
    """Takes the option, else asks; with `quiet` takes the default."""
    from loom.cli.answers import awaited
    from loom.cli.stages import UNANSWERED
    from loom.core.errors import LoomError

    def read(answer: str, reader: Callable[[str], Any]) -> Any:
        try:
            return reader(answer)
        except LoomError as error:
            raise typer.BadParameter(str(error)) from None

    def ask(question: str, given: str | None, default: str, reader: Callable[[str], Any]) -> Any:
        if given is not None or quiet:
            return reader(default if given is None else given)
        shown = len(default) <= _LONGEST_SHOWN
        with awaited("loom new", UNANSWERED):
            return typer.prompt(
                question, default=default, show_default=shown, value_proc=lambda answer: read(answer, reader)
            )

    return ask


def _member(words: Any, option: str) -> Callable[[str], Any]:
    from loom.wiring.named import one_of

    return lambda given: one_of(words, option, given)


def _sentence(text: str) -> str:
    from loom.core.errors import Problem, UsageError

    if not text.strip():
        raise UsageError(Problem("is empty", "--does", remedy="say in a sentence what it does"))
    return text.strip()


def _create(kind: str, name: str, text: str, configs_dir: Path) -> Path:
    """Check `text` as `loom validate` would, and write it where there is nothing yet."""
    from loom.core.errors import Problem, UsageError
    from loom.core.inside import Folder, LinkError
    from loom.core.pipeline_config import check_pipeline
    from loom.core.worker_rules import check_worker
    from loom.core.yamlfile import parse_yaml

    path = configs_dir / _STARTS[kind] / f"{name}.yaml"
    check = check_worker if kind == "worker" else check_pipeline
    check(parse_yaml(text, str(path))).require_valid()
    relative = f"{_STARTS[kind]}/{name}.yaml"
    configs_dir.mkdir(parents=True, exist_ok=True)
    try:
        with Folder(configs_dir) as folder:
            if folder.find(relative) is not None:
                remedy = "choose another --name, or edit the file"
                raise UsageError(Problem("already exists", "--name", value=str(path), remedy=remedy))
            folder.write(relative, text.encode())
    except LinkError as error:
        remedy = "remove the link, or choose another --configs-dir"
        raise UsageError(
            Problem(f"{error}, and links are not followed", "--configs-dir", remedy=remedy)
        ) from None
    return path


def _in_folder(configs_dir: Path) -> str:
    """What makes a command find what is not in the usual folder."""
    return "" if configs_dir == Path("configs") else f" --configs-dir {shlex.quote(str(configs_dir))}"


def _sample(plan: "WorkerPlan") -> str:
    import json

    values: dict[str, Any] = {"number": 1.5, "integer": 1, "boolean": True, "array": ["..."], "object": {}}
    filled = {one.name: one.options[0] if one.options else values.get(one.type, "...") for one in plan.inputs}
    return json.dumps(filled)


def _report(path: Path, steps: list[str], stages: str = "", *, as_json: bool) -> None:
    from loom.cli.context import print_json
    from loom.cli.show.console import put

    if as_json:
        print_json({"created": str(path), "next": steps})
        return
    put("Created ", (str(path), "accent"), label=("✓", "pass"), hang=2)
    if stages:
        put(stages, hang=2)
    for command in steps:
        put((command, "accent"), label="  ")
