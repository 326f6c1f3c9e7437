"""How suites look: a list of them, their cases, what is doubtful, what an import made of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loom.cli.show.console import Part, console, put
from loom.cli.show.table import show_table
from loom.core.hashing import short
from loom.core.jsonvalue import Json, JsonValue, canonical

if TYPE_CHECKING:
    from loom.core.findings import Findings
    from loom.evaluation.models import Case, Suite
    from loom.evaluation.suites.editing import Divided
    from loom.evaluation.suites.importing import ImportPlan

__all__ = [
    "findings_json",
    "import_json",
    "listing_json",
    "show_division",
    "show_export",
    "show_findings",
    "show_import",
    "show_listing",
    "show_suite",
    "suite_json",
]

_LONGEST = 200


def listing_json(configs_dir: Path) -> list[Json]:
    """Every suite there is; one that cannot be read has no `cases`."""
    from loom.catalog.library import Library

    return [_listed(one.name, one.path, one.source) for one in Library(configs_dir).suites()]


def _listed(name: str, path: Path, source: str) -> Json:
    from loom.core.errors import InputError
    from loom.evaluation.suites.files import load_suite

    found: Json = {"name": name, "path": str(path), "source": source, "cases": None, "description": ""}
    try:
        suite = load_suite(path)
    except InputError:
        return {**found, "description": f"cannot be read; see: loom suite check {path}"}
    return {**found, "cases": len(suite.cases), "description": suite.description}


def show_listing(suites: list[Json]) -> None:
    """A suite a line."""
    rows: list[list[Part]] = [
        [
            (one["name"], "accent"),
            "–" if one["cases"] is None else f"{one['cases']:,}",
            one["source"],
            one["description"],
        ]
        for one in suites
    ]
    show_table(rows, ("suite", "cases", "from", "about"), right=(1,))


def suite_json(suite: "Suite", chosen: "Suite") -> Json:
    """The suite with the cases chosen, for programs."""
    return {
        **chosen.to_json(),
        "version": suite.version_hash.hex(),
        "splits": _counts(suite, lambda case: [case.split.value]),
        "tags": _counts(suite, lambda case: case.tags),
    }


def _counts(suite: "Suite", names_of: Callable[["Case"], Iterable[str]]) -> dict[str, int]:
    return dict(Counter(name for case in suite.cases for name in names_of(case)))


def show_suite(suite: "Suite", chosen: "Suite", limit: int) -> None:
    """What there is of the suite, then its cases."""
    splits = ", ".join(f"{count:,} {name}" for name, count in suite_json(suite, chosen)["splits"].items())
    put(
        (suite.name, "accent"),
        f" · {len(suite.cases):,} cases · {splits} · ",
        (short(suite.version_hash), "muted"),
    )
    if suite.description:
        put(suite.description)
    scorers = (
        "; ".join(map(_scorer, suite.scorers)) or "field_match, every field right, unless a case names others"
    )
    put(f"scored by {scorers}")
    console().print()
    shown = chosen.cases[:limit]
    show_table(
        [_row(case) for case in shown], ("case", "split", "weight", "tags", "input", "expected"), right=(2,)
    )
    if len(chosen.cases) > len(shown):
        put((f"… and {len(chosen.cases) - len(shown):,} more; --limit shows them", "muted"))


def _row(case: "Case") -> list[Part]:
    expected = _spelled(case.expected_output) if case.has_expected else "–"
    count = len(case.scorers)
    own = f" + {count} scorer{'' if count == 1 else 's'}" if count else ""
    tags = ", ".join([*case.tags, *([f"cluster {case.cluster}"] if case.cluster else [])])
    return [
        (case.name, "accent"),
        case.split.value,
        f"{case.weight:g}",
        tags,
        _spelled(case.input),
        expected + own,
    ]


def _scorer(spec: JsonValue) -> str:
    if isinstance(spec, str):
        return spec
    given = dict(cast("Json", spec))
    name = given.pop("scorer")
    return (
        f"{name} ({', '.join(f'{key} {_spelled(value)}' for key, value in given.items())})" if given else name
    )


def _spelled(value: JsonValue) -> str:
    text = value if isinstance(value, str) else canonical(value).decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def findings_json(path: Path, found: "Findings") -> Json:
    """What a check found, for programs."""
    return {
        "path": str(path),
        "valid": not found.errors,
        "errors": [asdict(problem) for problem in found.errors],
        "warnings": [asdict(problem) for problem in found.warnings],
    }


def show_findings(path: Path, found: "Findings") -> None:
    """A problem a line."""
    put(str(path), label=("✗", "fail") if found.errors else ("✓", "pass"), hang=2)
    for problem in found.errors:
        put(str(problem), hang=4)
    for problem in found.warnings:
        put(("warning: ", "warn"), str(problem), hang=4)
    if not found.errors and not found.warnings:
        put("nothing is wrong with it", hang=4)


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def show_division(path: Path, divided: "Divided") -> None:
    """How many cases each split has now."""
    counts = ", ".join(f"{count:,} {split}" for split, count in divided.counts.items())
    if divided.assigned:
        cases = _cases(divided.assigned)
        put(f"{path}: {cases} got a split; now {counts}", label=("✓", "pass"), hang=2)
    else:
        put(f"{path}: every case has a split already ({counts}); --reassign begins anew", hang=2)


def show_export(path: Path, suite: "Suite", left_out: tuple[str, ...]) -> None:
    """What was written, and what the format could not hold."""
    put(f"{path}: {_cases(len(suite.cases))}", label=("✓", "pass"), hang=2)
    if left_out:
        put(("left out: ", "warn"), f"{' and '.join(left_out)}, which CSV cannot hold", hang=2)


def import_json(plan: "ImportPlan") -> Json:
    """What an import made, for programs."""
    return {
        "suite": plan.suite.name,
        "cases": len(plan.suite.cases),
        "workers": list(plan.workers),
        "models": list(plan.models),
        "files": [str(path) for path, _ in plan.files],
        "left_out": [asdict(one) for one in plan.left_out],
    }


def show_import(plan: "ImportPlan", *, written: bool) -> None:
    """The files, what was not taken over and why, and what to do next."""
    for path, _ in plan.files:
        put(str(path), label=("✓", "pass") if written else "", hang=2)
    count = len(plan.workers)
    workers = f"{count} worker{'' if count == 1 else 's'} and " if count else ""
    put(f"{workers}{_cases(len(plan.suite.cases))} {'taken over' if written else 'would be taken over'}")
    if plan.left_out:
        console().print()
        put((f"Not taken over ({len(plan.left_out)})", "warn"))
        _show_left_out(plan)
    if plan.workers and written:
        console().print()
        suite = plan.suite.name
        put(f"Next: loom eval {plan.workers[0]} --suite {suite}", *_model_hint(plan))


def _show_left_out(plan: "ImportPlan") -> None:
    """What was left out for one reason is told together."""
    by_reason = sorted(plan.left_out, key=lambda one: (one.what, one.why))
    for (what, why), group in groupby(by_reason, key=lambda one: (one.what, one.why)):
        places = [one.where for one in group]
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        put(what, (f"  {', '.join(places[:3])}{more}", "muted"), hang=2)
        put(why, hang=4)


def _model_hint(plan: "ImportPlan") -> list[Part]:
    if not plan.models:
        return []
    return [(f"   asks {plan.models[0]}; without a key for it, try --model sim-medium", "muted")]
