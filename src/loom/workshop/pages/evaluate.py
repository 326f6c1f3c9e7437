"""The evaluation form of a worker: on what, scored by whom, for how much; and its past runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loom.core.bounds import CASES, IN_FLIGHT, REPETITIONS
from loom.core.endpoint_config import EndpointConfig
from loom.core.errors import Problem
from loom.core.worker_config import Tier, WorkerConfig, WorkerKind
from loom.evaluation.models import Split
from loom.evaluation.reading.runs import RunPage, RunQuery
from loom.workshop.pages.addresses import address, worker_address
from loom.workshop.pages.bench import endpoint_choice
from loom.workshop.pages.run_button import RunButton
from loom.workshop.pages.runs import runs_table
from loom.workshop.pages.scorer_choices import ScorerChoices, scorer_choices, scorer_label
from loom.workshop.sent.scorers import SentScorers
from loom.workshop.views.actions import Action, Crumb, Header
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Editor, Field, FieldKind, at_field, by_field, line_problems, whole
from loom.workshop.views.tables import Table
from loom.workshop.views.tones import Tone

__all__ = ["EvaluatePage", "Offered", "Past", "Sent", "evaluate_page", "in_form_words"]

_PASTED = "test_suite"


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


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose from."""

    suites: Sequence[str]
    endpoints: Sequence[EndpointConfig]


@dataclass(frozen=True, slots=True)
class Past:
    """The worker's runs, how they were asked for, and what time it is."""

    runs: RunPage
    query: RunQuery
    now_us: int


def evaluate_page(
    worker: WorkerConfig,
    offered: Offered,
    sent: Sent,
    run: RunButton,
    past: Past,
) -> EvaluatePage:
    """The form of `worker` as `sent`."""
    problems = by_field(sent.problems)
    home = worker_address(worker.name)
    scorers = scorer_choices(sent.scorers, sent.problems, suite=True)
    where = _where(worker, sent, offered.endpoints, problems.get("endpoint", ""))
    fields = (field.name for field in (*where, *_judge(sent), *_limits(sent)))
    told = {"suite", _PASTED, *fields, *scorers.fields}
    wrong = (one for one in sent.problems if (one.field or "") not in told)
    banners = tuple(Banner(in_form_words(one, worker), Tone.FAIL) for one in wrong)
    return EvaluatePage(
        _header(worker.name, home),
        banners,
        f"{home}/eval/run",
        sent.key,
        (_with(_suite_field(offered.suites, sent), problems),),
        Editor(
            _PASTED,
            sent.value(_PASTED),
            "Cases as YAML",
            problems=line_problems(one for one in sent.problems if one.line is not None),
            rows=10,
        ),
        tuple(_with(field, problems) for field in where),
        scorers,
        tuple(_with(field, problems) for field in _judge(sent)),
        tuple(_with(field, problems) for field in _limits(sent)),
        run,
        runs_table(past.runs, past.query, past.now_us),
        address("/runs", worker=worker.name),
        bool(sent.problems),
    )


def _header(name: str, home: str) -> Header:
    return Header(
        f"Evaluate {name}",
        (Crumb("Workers", "/workers"), Crumb(name, home), Crumb("Evaluate")),
        actions=(Action("Over time", href=f"{home}/trends"), Action("Test", href=f"{home}/test")),
    )


def in_form_words(problem: Problem, worker: WorkerConfig) -> str:
    """`problem` with its field named as the form of `worker` names it."""
    nothing = Sent({}, SentScorers(), "")
    where = _where(worker, nothing, (), problem.what)
    fields = (_suite_field((), nothing), *where, *_judge(nothing), *_limits(nothing))
    labels = {field.name: field.label for field in fields}
    given = problem.field or ""
    label = labels.get(given) or scorer_label(given)
    return f"{label} {at_field(problem)}" if label else str(problem)


def _suite_field(suites: Sequence[str], sent: Sent) -> Field:
    options = (("", "Choose a suite"), *((name, name) for name in suites))
    return Field("suite", "Suite", FieldKind.SELECT, sent.value("suite"), options=options)


def _where(
    worker: WorkerConfig, sent: Sent, endpoints: Sequence[EndpointConfig], problem: str
) -> tuple[Field, ...]:
    """`problem`: what is wrong with the endpoint."""
    if worker.worker_kind is WorkerKind.PROCESSOR:
        return ()
    own = f"As the worker says ({worker.default_model_tier})"
    tiers = (("", own), *((str(tier), str(tier).capitalize()) for tier in Tier))
    return (
        Field("tier", "Tier", FieldKind.SELECT, sent.value("tier"), options=tiers),
        Field("model", "Model", value=sent.value("model"), placeholder="as the tier says", mono=True),
        *endpoint_choice(worker, sent.value("endpoint"), endpoints, problem),
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
    looks = {Split.SEALED: "Sealed: the run counts as a look"}
    splits = (("", "All but sealed"), *((str(one), looks.get(one, str(one).capitalize())) for one in Split))
    return (
        Field("split", "Split", FieldKind.SELECT, sent.value("split"), options=splits),
        Field("tags", "Tags", value=sent.value("tags"), help="Cases with any of them, separated by ; or ,"),
        Field(
            "limit",
            "At most",
            FieldKind.NUMBER,
            sent.value("limit"),
            placeholder="all cases",
            attributes=whole(CASES),
        ),
        Field(
            "repetitions",
            "Repetitions",
            FieldKind.NUMBER,
            sent.value("repetitions", "1"),
            attributes=whole(REPETITIONS),
        ),
        Field(
            "concurrency",
            "Calls at once",
            FieldKind.NUMBER,
            sent.value("concurrency", "8"),
            attributes=whole(IN_FLIGHT),
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
