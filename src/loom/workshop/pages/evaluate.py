"""The evaluation form of a worker: on what, scored by whom, for how much; and its past runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loom.core.errors import Problem
from loom.core.worker_config import Tier, WorkerConfig, WorkerKind
from loom.evaluation.models import Split
from loom.evaluation.reading.runs import RunPage, RunQuery
from loom.workshop.desks.evaluating import Estimate
from loom.workshop.pages.addresses import address, worker_address
from loom.workshop.pages.format import exact, money
from loom.workshop.pages.runs import runs_table
from loom.workshop.pages.scorer_choices import ScorerChoices, scorer_choices
from loom.workshop.sent.scorers import SentScorers
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Editor, Field, FieldKind, at_field, line_problems
from loom.workshop.views.tables import Table
from loom.workshop.views.tones import Tone

__all__ = ["EvaluatePage", "RunButton", "Sent", "evaluate_page", "run_button"]

_PASTED = "test_suite"


@dataclass(frozen=True, slots=True)
class RunButton:
    """The button that starts it, with what that will cost."""

    action: Action
    note: str
    address: str
    """Where it is asked for again when the form changes."""


@dataclass(frozen=True, slots=True)
class EvaluatePage:
    """The form, and what it led to before."""

    header: Header
    banners: tuple[Banner, ...]
    action: str
    key: str
    """The idempotency key of the form."""

    what: tuple[Field, ...]
    pasted: Editor
    where: tuple[Field, ...]
    scorers: ScorerChoices
    judge: tuple[Field, ...]
    limits: tuple[Field, ...]
    run: RunButton
    runs: Table
    all_runs: str
    unsaved: bool
    """It could not be started as it was sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What someone sent before, and what was wrong with it; nothing for a new form."""

    values: Mapping[str, str]
    scorers: SentScorers
    key: str
    problems: Sequence[Problem] = ()

    def value(self, name: str, otherwise: str = "") -> str:
        """What was given for `name`."""
        return self.values.get(name, otherwise)


def evaluate_page(
    worker: WorkerConfig,
    suites: Sequence[str],
    sent: Sent,
    run: RunButton,
    past: tuple[RunPage, RunQuery, int],
) -> EvaluatePage:
    """The form of `worker` as `sent`; `past`: its runs, how they were asked for, and now."""
    problems = {one.field or "": at_field(one) for one in sent.problems}
    found, query, now_us = past
    home = worker_address(worker.name)
    scorers = scorer_choices(sent.scorers, sent.problems, none="Nothing chosen at all: those of the suite")
    fields = (field.name for field in (*_where(worker, sent), *_limits(sent)))
    told = {"suite", _PASTED, *fields, *scorers.fields}
    banners = tuple(Banner(str(one), Tone.FAIL) for one in sent.problems if (one.field or "") not in told)
    return EvaluatePage(
        Header(
            f"Evaluate {worker.name}",
            (Crumb("Workers", "/workers"), Crumb(worker.name, home), Crumb("Evaluate")),
            actions=(Action("Over time", href=f"{home}/trends"), Action("Test", href=f"{home}/test")),
        ),
        banners,
        f"{home}/eval/run",
        sent.key,
        (_with(_suite_field(suites, sent), problems),),
        Editor(
            _PASTED,
            sent.value(_PASTED),
            "Cases as YAML",
            problems=line_problems(one for one in sent.problems if one.line is not None),
            rows=10,
        ),
        tuple(_with(field, problems) for field in _where(worker, sent)),
        scorers,
        tuple(_with(field, problems) for field in _judge(sent)),
        tuple(_with(field, problems) for field in _limits(sent)),
        run,
        runs_table(found, query, now_us),
        address("/runs", worker=worker.name),
        bool(sent.problems),
    )


def run_button(worker: str, estimate: Estimate | None, why_not: str = "") -> RunButton:
    """The button for `estimate`; None: it cannot be told yet, for the reason `why_not`."""
    where = worker_address(worker, "/eval/estimate")
    key = "Ctrl+Enter"
    if estimate is None:
        return RunButton(Action("Run", tone=ActionTone.FILLED, key=key), why_not, where)
    if not estimate.executions:
        return RunButton(Action("Run", tone=ActionTone.FILLED, why_not="no case"), "selects no case", where)
    cases = f"Run {exact(estimate.executions)} {'case' if estimate.executions == 1 else 'cases'}"
    if not estimate.model:
        return RunButton(Action(cases, tone=ActionTone.FILLED, key=key), "asks no model", where)
    price = "without judges, nothing from the cache"
    if estimate.cost_nano is None:
        price = "its price is unknown"
    elif estimate.simulated:
        price = "simulated, and so is the price"
    label = cases if estimate.cost_nano is None else f"{cases}, about {money(estimate.cost_nano)}"
    return RunButton(Action(label, tone=ActionTone.FILLED, key=key), f"on {estimate.model}, {price}", where)


def _suite_field(suites: Sequence[str], sent: Sent) -> Field:
    options = (("", "Choose a suite"), *((name, name) for name in suites))
    return Field("suite", "Suite", FieldKind.SELECT, sent.value("suite"), options=options)


def _where(worker: WorkerConfig, sent: Sent) -> tuple[Field, ...]:
    if worker.worker_kind is WorkerKind.PROCESSOR:
        return ()
    own = f"As the worker says ({worker.default_model_tier})"
    tiers = (("", own), *((str(tier), str(tier).capitalize()) for tier in Tier))
    return (
        Field("tier", "Tier", FieldKind.SELECT, sent.value("tier"), options=tiers),
        Field("model", "Model", value=sent.value("model"), placeholder="as the tier says", mono=True),
    )


def _judge(sent: Sent) -> tuple[Field, ...]:
    return (
        Field(
            "judge_model",
            "Judge's model",
            value=sent.value("judge_model"),
            placeholder="that of tier standard",
            help="For llm_judge",
            mono=True,
        ),
        Field(
            "judge_prompt",
            "Judge's prompt",
            FieldKind.TEXTAREA,
            sent.value("judge_prompt"),
            help="Left empty: Loom's own, on correctness, completeness and format",
            rows=3,
        ),
    )


def _limits(sent: Sent) -> tuple[Field, ...]:
    splits = (("", "All but sealed"), *((str(split), str(split).capitalize()) for split in Split))
    whole = (("min", "1"), ("step", "1"), ("inputmode", "numeric"))
    return (
        Field("split", "Split", FieldKind.SELECT, sent.value("split"), options=splits),
        Field("tags", "Tags", value=sent.value("tags"), help="Cases with any of them; commas between"),
        Field(
            "limit",
            "At most",
            FieldKind.NUMBER,
            sent.value("limit"),
            placeholder="all cases",
            attributes=whole,
        ),
        Field(
            "repetitions", "Repetitions", FieldKind.NUMBER, sent.value("repetitions", "1"), attributes=whole
        ),
        Field(
            "concurrency", "Calls at once", FieldKind.NUMBER, sent.value("concurrency", "8"), attributes=whole
        ),
        Field(
            "budget_usd",
            "Budget in USD",
            value=sent.value("budget_usd"),
            placeholder="no budget",
            help="It pauses there",
            attributes=(("inputmode", "decimal"),),
        ),
    )


def _with(field: Field, problems: Mapping[str, str]) -> Field:
    return replace(field, problem=problems[field.name]) if field.name in problems else field
