"""The form of a re-scoring: which scorers, judged by whom, for at most how much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from loom.core.errors import Problem
from loom.core.ids import short
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.running.estimates import Estimate
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scorers.catalogue import REPORTED
from loom.evaluation.scoring.case_scorers import DEFAULT_SCORER
from loom.evaluation.store import RunRow
from loom.workshop.desks.evaluating import BUDGET
from loom.workshop.pages.addresses import run_address
from loom.workshop.pages.format import counted, exact, money
from loom.workshop.pages.run_button import RunButton, budget_warnings, share_words
from loom.workshop.pages.scorer_choices import ScorerChoices, scorer_choices
from loom.workshop.sent.scorers import SentScorers
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.tones import Tone

__all__ = [
    "RescoreAsked",
    "RescorePage",
    "judge_fields",
    "rescore_button",
    "rescore_page",
    "scorers_at_first",
]


@dataclass(frozen=True, slots=True)
class RescoreAsked:
    """What was filled in."""

    scorers: SentScorers
    key: str
    """Under which asking twice opens one job."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: Sequence[Problem] = ()

    def value(self, name: str) -> str:
        """What was given for `name`."""
        return self.values.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class RescorePage:
    """Scorers, who judges, what it may cost."""

    header: Header
    banners: tuple[Banner, ...]
    action: str
    key: str
    scorers: ScorerChoices
    fields: tuple[Field, ...]
    run: RunButton
    unsaved: bool
    """It could not be opened as it was sent."""


def rescore_page(run: RunRow, asked: RescoreAsked, button: RunButton) -> RescorePage:
    """The form for `run`, filled with what was `asked`."""
    scorers = scorer_choices(asked.scorers, asked.problems)
    told = {BUDGET, *scorers.fields}
    crumbs = (Crumb("Runs", "/runs"), Crumb(f"Run {short(run.id)}", run_address(run)), Crumb("Re-score"))
    return RescorePage(
        Header(f"Re-score {run.target} on {run.suite}", crumbs, meta=(f"{exact(run.done)} stored outputs",)),
        tuple(Banner(str(one), Tone.FAIL) for one in asked.problems if (one.field or "") not in told),
        f"{run_address(run)}/rescore",
        asked.key,
        scorers,
        tuple(_fields(asked)),
        button,
        bool(asked.problems),
    )


def rescore_button(
    run: RunRow, estimate: Estimate | None, *, why_not: str = "", budget_nano: int | None = None
) -> RunButton:
    """The button for `estimate`; None: it cannot be told yet, for the reason `why_not`."""
    here = f"{run_address(run)}/rescore"
    scoring = None if estimate is None else estimate.scoring
    price = f", about {money(scoring.nano)}" if scoring and scoring.nano is not None else ""
    label = f"Re-score {counted(run.done, 'output')}{price}"
    return RunButton(
        Action(label, tone=ActionTone.FILLED, icon="play", key="Ctrl+Enter"),
        why_not if estimate is None else "; ".join(_notes(estimate)),
        () if estimate is None else tuple(budget_warnings(estimate, budget_nano)),
        f"{here}/estimate",
        here,
    )


def _notes(estimate: Estimate) -> Iterator[str]:
    yield "as a run of its own"
    if estimate.scoring is None:
        yield "asks no model"
    else:
        yield share_words(estimate.scoring)
        yield "if nothing comes from the cache"
    yield f"passes by {', '.join(estimate.passes)}"


def scorers_at_first(scorers: Sequence[JsonValue]) -> SentScorers:
    """Those that the run has; where others scored it, the default."""
    own = [one for one in scorers if not _elsewhere(one)]
    return SentScorers.of(own or [DEFAULT_SCORER])


def judge_fields(judge: JudgeChoice | None) -> dict[str, str]:
    """The fields that name the one who judged."""
    if judge is None:
        return {}
    return {"judge_model": judge.model or "", "judge_prompt": judge.prompt or ""}


def _fields(asked: RescoreAsked) -> tuple[Field, ...]:
    return (
        Field(
            "judge_model", "Judge's model", value=asked.value("judge_model"), help="Empty: by tier", mono=True
        ),
        Field(
            BUDGET,
            "Budget in USD",
            value=asked.value(BUDGET),
            help="For judges; empty: none",
            problem=by_field(asked.problems).get(BUDGET, ""),
            attributes=(("inputmode", "decimal"),),
        ),
        Field(
            "judge_prompt",
            "Judge's prompt",
            FieldKind.TEXTAREA,
            asked.value("judge_prompt"),
            "Empty: Loom's own, on correctness, completeness and format",
            rows=3,
        ),
    )


def _elsewhere(spec: JsonValue) -> bool:
    return isinstance(spec, dict) and cast("Json", spec).get("scorer") == REPORTED.name
