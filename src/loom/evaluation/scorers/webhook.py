"""The scorer that asks a server: it is sent the case and the output, and answers with the score."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.key_reference import reference_problem
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreContext, ScoreInput, ScoreResult
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scorers.verdicts import verdict_of
from loom.net.urls import read_url

if TYPE_CHECKING:
    from loom.net import Outbound, Reply

__all__ = ["Webhook", "make"]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e]{0,1000}")
_SECRET = re.compile(r"(?P<before>(?:\S+ )?)(?P<reference>env:\S*)")
_HOLDS_SECRETS = re.compile(r"auth|cookie|key|secret|signature|token|password", re.IGNORECASE)
_TAKEN = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "upgrade",
    }
)


def make(url: str, headers: Json | None = None, time_s: float = 10.0) -> "Webhook":
    """The scorer.

    Raises:
        ConfigError: naming everything that is wrong with the address and the headers.
    """
    problems = [problem for name, value in (headers or {}).items() for problem in _problems(name, value)]
    try:
        read_url(url)
    except ValueError as error:
        problems.append(Problem(str(error), "url", remedy="write https://host/path"))
    if problems:
        raise ConfigError(problems)
    return Webhook(url, dict(headers or {}), time_s)


class Webhook:
    """What the server answers: `{"score": number, "reason"?: text, "details"?: mapping}`.

    It is sent `input`, `output`, `expected` (left out when nothing is), `raw_text` and `case`, as JSON.
    """

    name: ClassVar[str] = "webhook"
    version: ClassVar[int] = 1
    routes: ClassVar[tuple[RouteWish, ...]] = ()
    own_time_bound: ClassVar[bool] = True

    def __init__(self, url: str, headers: Mapping[str, str], time_s: float) -> None:
        self._url = url
        self._headers = headers
        self._time_s = time_s
        self._outbound: Outbound | None = None

    @property
    def params(self) -> Json:
        """Address, headers as written, time: no secret."""
        return {"url": self._url, "headers": dict(self._headers), "time_s": self._time_s}

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:  # noqa: ARG002 - it asks no model
        """Ask once.

        Raises:
            InputError: when the address may not be asked, or a header's key is not set.
            ProviderError: when no complete answer came.
        """
        from loom.net import Post

        headers = {name: _filled(name, value) for name, value in self._headers.items()}
        secret = any(map(_SECRET.fullmatch, self._headers.values()))
        post = Post(self._url, _body(item), headers, secret=secret, timeout_s=self._time_s)
        return _read(await self._opened().post(post))

    async def aclose(self) -> None:
        """Close its connections."""
        if self._outbound is not None:
            await self._outbound.aclose()

    def _opened(self) -> "Outbound":
        from loom.core.settings import load_settings
        from loom.net import Outbound

        if self._outbound is None:
            self._outbound = Outbound(load_settings().outbound_allow)
        return self._outbound


def _body(item: ScoreInput) -> bytes:
    body: Json = {"input": item.input, "output": item.output, "raw_text": item.raw_text, "case": item.case}
    if item.expected is not ABSENT:
        body["expected"] = item.expected
    return json.dumps(body, allow_nan=False).encode()


def _read(reply: "Reply") -> ScoreResult:
    if 300 <= reply.status < 400:
        return ScoreResult.unscored(f"the webhook redirects ({reply.status}); give the address it leads to")
    if not 200 <= reply.status < 300:
        return ScoreResult.unscored(f"the webhook answered with status {reply.status}")
    try:
        value: Any = json.loads(reply.body, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return ScoreResult.unscored("the webhook answered with something that is not JSON")
    return verdict_of(value, "the webhook")


def _not_json(word: str) -> NoReturn:
    raise ValueError(word)


def _problems(name: str, value: object) -> Iterator[Problem]:
    place = f"headers.{name}"
    if not _NAME.fullmatch(name) or name.lower() in _TAKEN:
        yield Problem("is not a header that can be set", place, remedy="remove it")
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        yield Problem("is not the text of a header", place, remedy="write one line of ASCII")
        return
    reference = _SECRET.fullmatch(value)
    if reference is not None:
        problem = reference_problem(reference["reference"])
        if problem is not None:
            yield Problem(problem.what, place, value=problem.value, remedy=problem.remedy)
    elif _HOLDS_SECRETS.search(name):
        remedy = "put it in an environment variable and write env:NAME, or `Bearer env:NAME`"
        yield Problem("may hold a secret, which would be stored with every run", place, remedy=remedy)


def _filled(name: str, value: str) -> str:
    reference = _SECRET.fullmatch(value)
    if reference is None:
        return value
    variable = reference["reference"].removeprefix("env:")
    secret = os.environ.get(variable, "").strip()
    if not secret or not _VALUE.fullmatch(secret):
        problem = Problem(
            f"needs the variable {variable}, which is not set", f"headers.{name}", remedy="set it"
        )
        raise ConfigError(problem)
    return reference["before"] + secret
