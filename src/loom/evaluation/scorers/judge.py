"""The scorer that asks a model: an LLM as the judge of one output, by one vote or several."""

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import ClassVar, cast

from loom.calls.models import Message, ModelAnswer, ModelRequest, Purpose, Role
from loom.core.errors import ConfigError, Problem, ProviderError
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.scorers.base import ScoreContext, ScoreInput, ScoreResult
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scorers.judge_prompt import (
    Judgement,
    judge_system,
    material,
    material_json,
    read_judgement,
)

__all__ = ["LlmJudge"]

_MAX_TOKENS = 500
_VOTING_TEMPERATURE = 0.7
_ASKED_AGAIN = 1000
"""Added to the number of a vote whose answer could not be read: another sample, cached by itself."""


@dataclass(frozen=True, slots=True)
class LlmJudge:
    """A model's score of the output; with several votes their median."""

    name: ClassVar[str] = "llm_judge"
    version: ClassVar[int] = 1
    prompt: str | None = None
    criteria: JsonValue = None
    """A meaning by name; or words, which are a rubric."""

    rubric: str | None = None
    field: str | None = None
    model: str | None = None
    endpoint: str | None = None
    votes: int = 1
    temperature: float | None = None
    """None: 0 for one vote, and for several one at which they may differ."""

    max_tokens: int = _MAX_TOKENS
    system: str = dataclasses.field(init=False)
    """All that the judge is told about its work."""

    def __post_init__(self) -> None:
        """Write the judge's prompt.

        Raises:
            ConfigError: for criteria that are neither words nor words by name.
        """
        rubric, meanings = self.rubric, cast("Json", self.criteria or {})
        if isinstance(self.criteria, str):
            rubric, meanings = "\n".join(filter(None, (rubric, self.criteria))), {}
        if not all(isinstance(meaning, str) for meaning in meanings.values()):
            what, remedy = "has a meaning that is not a text", "write it as {clarity: is it easy to follow?}"
            raise ConfigError(Problem(what, "criteria", value=meanings, remedy=remedy))
        object.__setattr__(self, "system", judge_system(self.prompt, meanings, rubric))

    @property
    def params(self) -> Json:
        """Everything that decides the judge's answer."""
        return {
            "system": self.system,
            "field": self.field,
            "model": self.model,
            "endpoint": self.endpoint,
            "votes": self.votes,
            "temperature": self._temperature,
            "max_tokens": self.max_tokens,
        }

    @property
    def _temperature(self) -> float:
        if self.temperature is not None:
            return self.temperature
        return 0.0 if self.votes == 1 else _VOTING_TEMPERATURE

    @property
    def routes(self) -> tuple[RouteWish, ...]:
        """The judge's model."""
        return (RouteWish(Purpose.JUDGE, self.model, self.endpoint),)

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        """Ask the judge; unscored when none of its votes can be used."""
        request = self._request(item)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._vote(request, context, number)) for number in range(self.votes)]
        votes = [task.result() for task in asked]
        judgements = [vote.judgement for vote in votes if vote.judgement is not None]
        details = _details(votes, judgements)
        if not judgements:
            return ScoreResult(None, votes[0].fault, details)
        return ScoreResult(median(one.score for one in judgements), judgements[0].reasoning, details)

    def foreseen(self, item: ScoreInput) -> tuple[ModelRequest, ...]:
        """What it asks about `item`: as many as it has votes, and more only where an answer cannot be read."""
        return (self._request(item),) * self.votes

    def _request(self, item: ScoreInput) -> ModelRequest:
        said = material_json(material(item, self.field))
        messages = (Message.of(Role.SYSTEM, self.system), Message.of(Role.USER, said))
        return ModelRequest("", messages, temperature=self._temperature, max_tokens=self.max_tokens)

    async def _vote(self, request: ModelRequest, context: ScoreContext, number: int) -> "_Vote":
        """One vote; an answer that cannot be read is asked for once more."""
        first = await self._ask(request, context, number)
        if first.judgement is not None or first.answer is None:
            return first
        return await self._ask(request, context, number + _ASKED_AGAIN)

    async def _ask(self, request: ModelRequest, context: ScoreContext, sample: int) -> "_Vote":
        try:
            answer = await context.caller.ask(request, *self.routes, sample=sample)
        except ProviderError as error:
            return _Vote(None, None, f"the judge could not be asked: {error}")
        try:
            return _Vote(answer, read_judgement(answer.text))
        except ValueError as error:
            return _Vote(answer, None, f"the judge's answer cannot be read: {error}")


@dataclass(frozen=True, slots=True)
class _Vote:
    """What a judge said once."""

    answer: ModelAnswer | None
    judgement: Judgement | None
    fault: str = ""


def _details(votes: Sequence[_Vote], judgements: Sequence[Judgement]) -> Json:
    answers = [vote.answer for vote in votes if vote.answer is not None]
    usages = [answer.usage for answer in answers if answer.usage is not None]
    details: Json = {
        "method": LlmJudge.name,
        "model": answers[0].model if answers else None,
        "judge_tokens": {
            "prompt": sum(usage.input_tokens for usage in usages),
            "completion": sum(usage.output_tokens for usage in usages),
        },
    }
    if judgements:
        details |= {"reasoning": judgements[0].reasoning, "criteria": _means(judgements)}
    if len(votes) > 1:
        details["votes"] = [vote.judgement.score if vote.judgement else None for vote in votes]
    faults = [vote.fault for vote in votes if vote.judgement is None]
    return {**details, "faults": faults} if faults else details


def _means(judgements: Sequence[Judgement]) -> Json:
    names = dict.fromkeys(name for judgement in judgements for name in judgement.criteria)
    return {
        name: fmean(judgement.criteria[name] for judgement in judgements if name in judgement.criteria)
        for name in names
    }
