"""The form with which the stored outputs of a run are scored once more, by other scorers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import yaml

from loom.core.errors import Problem
from loom.core.ids import short
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.case_scorers import DEFAULT_SCORER
from loom.evaluation.scorers.catalogue import REPORTED
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import run_address
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.forms import Editor, Field, FieldKind, line_problems

__all__ = ["BUDGET", "RescoreAsked", "RescoreForm", "RescorePage", "rescore_form", "rescore_page"]


BUDGET = "budget_usd"
"""The field of the form, and of what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RescoreAsked:
    """What was filled in."""

    scorers: str
    judge_model: str = ""
    judge_prompt: str = ""
    budget_usd: str = ""


@dataclass(frozen=True, slots=True)
class RescoreForm:
    """Scorers as YAML, who judges, what it may cost."""

    address: str
    scorers: Editor
    fields: tuple[Field, ...]
    submit: Action
    key: str
    """Under which asking twice opens one job."""


@dataclass(frozen=True, slots=True)
class RescorePage:
    """The form alone: what was sent could not be used."""

    header: Header
    rescore: RescoreForm


def rescore_page(run: RunRow, form: RescoreForm) -> RescorePage:
    """`form` with what is wrong at its lines."""
    crumbs = (Crumb("Runs", "/runs"), Crumb(f"Run {short(run.id)}", run_address(run)), Crumb("Re-score"))
    return RescorePage(Header(f"Re-score {run.target} on {run.suite}", crumbs), form)


def rescore_form(
    run: RunRow,
    scorers: Sequence[JsonValue],
    key: str,
    asked: RescoreAsked | None = None,
    problems: Sequence[Problem] = (),
) -> RescoreForm:
    """The form for `run`, filled with what was `asked`, at first with the scorers it has."""
    text = _first(scorers) if asked is None else asked.scorers
    asked = asked or RescoreAsked(text)
    return RescoreForm(
        f"{run_address(run)}/rescore",
        Editor(
            "scorers",
            text,
            "Scorers in YAML",
            rows=8,
            problems=line_problems(_but_budget(problems)),
            plain=True,
        ),
        (
            Field("judge_model", "Judge model", value=asked.judge_model, help="Empty: chosen by tier"),
            Field(
                BUDGET,
                "Budget in USD",
                FieldKind.NUMBER,
                asked.budget_usd,
                "For judges; empty: none",
                _of_budget(problems),
                attributes=(("min", "0"), ("step", "any")),
            ),
            Field(
                "judge_prompt",
                "Judge prompt",
                FieldKind.TEXTAREA,
                asked.judge_prompt,
                "Empty: Loom's own",
                rows=3,
            ),
        ),
        Action(f"Re-score {run.done:,} outputs", tone=ActionTone.FILLED, icon="play"),
        key,
    )


def _first(scorers: Sequence[JsonValue]) -> str:
    """The scorers of the run as YAML; where others scored it, the default."""
    own = [one for one in scorers if not _elsewhere(one)]
    return str(yaml.safe_dump(own or [DEFAULT_SCORER], allow_unicode=True, sort_keys=False))


def _elsewhere(spec: JsonValue) -> bool:
    return isinstance(spec, dict) and cast("Json", spec).get("scorer") == REPORTED.name


def _of_budget(problems: Sequence[Problem]) -> str:
    return next((f"{one.what}; {one.remedy}" for one in problems if one.field == BUDGET), "")


def _but_budget(problems: Sequence[Problem]) -> list[Problem]:
    return [one for one in problems if one.field != BUDGET]
