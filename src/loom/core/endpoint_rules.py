"""What makes `endpoints` and `tiers` of a settings file right or wrong; builds nothing, never shows a key."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from loom.core.address import origin_of, shown_url, url_fault
from loom.core.endpoint_config import SIMULATED_ENDPOINT, EndpointConfig, EndpointKind, TierTarget
from loom.core.endpoint_headers import headers_by_name
from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json
from loom.core.key_reference import a_key
from loom.core.keys import Rule, a_number, dict_of, list_of, may_be_null, text, whole_number
from loom.core.rule import about, described, nullable, schema_of
from loom.core.spelling import suggestion
from loom.core.worker_config import Tier

__all__ = [
    "ENDPOINT_RULES",
    "a_model",
    "a_name",
    "a_url",
    "check_endpoints",
    "check_tier_targets",
    "endpoint_list",
    "tier_targets",
    "unshown",
]

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,59}")
_LONGEST_MODEL = 200
_DEAREST = 1_000_000
_KINDS = (EndpointKind.OPENAI, EndpointKind.ANTHROPIC, EndpointKind.OLLAMA)


@described({"type": "string", "pattern": r"^\s*https?://[^@?#\s]+\s*$"})
def a_url(report: Report, steps: Steps, value: Any) -> None:
    """An http or https address."""
    fault = url_fault(value) if isinstance(value, str) else "is not a URL"
    if fault:
        remedy = "write it as http://host:port, and the key by itself"
        report.error(steps, fault, shown_url(value), remedy)


def unshown(kind: type, wrong: str, rule: Rule) -> Rule:
    """`rule` for values of `kind`. Others are `wrong`, and are not shown: there may be a key in them."""

    @described(schema_of(rule))
    def check(report: Report, steps: Steps, value: Any) -> None:
        if isinstance(value, kind):
            rule(report, steps, value)
        else:
            report.error(steps, wrong, remedy="write it as the docs on settings show")

    return check


def check_endpoints(
    report: Report, endpoints: Sequence[EndpointConfig], others: Sequence[EndpointConfig] = ()
) -> None:
    """Names are unique, and a variable is sent to one origin only, `others` from elsewhere included.

    One of the same name as another takes no part: it is replaced.
    """
    names: set[str] = set()
    origins = {source: origin_of(other.url) for other in others for _, source in other.variables}
    replaced = {other.name for other in others}
    for index, endpoint in enumerate(endpoints):
        if endpoint.name in names:
            report.error(("endpoints", index, "name"), "is taken", endpoint.name, "choose another")
        names.add(endpoint.name)
        origin = origin_of(endpoint.url)
        for field, source in () if endpoint.name in replaced else endpoint.variables:
            if origins.setdefault(source, origin) != origin:
                what = "holds the key of another address, and a key is sent to one only"
                report.error(("endpoints", index, field), what, source, "use another variable")


def check_tier_targets(
    report: Report, tiers: Mapping[Tier, TierTarget], endpoints: Mapping[str, EndpointConfig]
) -> None:
    """Tiers lead to endpoints that exist, and to models that these may have."""
    names = tuple(dict.fromkeys((*endpoints, SIMULATED_ENDPOINT)))
    for tier, target in tiers.items():
        endpoint = endpoints.get(target.endpoint)
        if target.endpoint not in names:
            remedy = _nearest(target.endpoint, names)
            report.error(("tiers", tier), "names an unknown endpoint", target.endpoint, remedy)
        elif endpoint and target.model and not endpoint.may_serve(target.model):
            what = f"names a model that '{endpoint.name}' does not list"
            report.error(("tiers", tier), what, target.model, _nearest(target.model, endpoint.models))


def _nearest(word: str, known: Collection[str]) -> str:
    *others, last = known
    every = f"{', '.join(others)} or {last}" if others else last
    return suggestion(word, known, f"use {every}")


@described({"type": "string", "pattern": r"^[A-Za-z0-9][\w.-]{0,59}$", "not": {"const": SIMULATED_ENDPOINT}})
def a_name(report: Report, steps: Steps, value: Any) -> None:
    """How an endpoint is called, wherever it is defined."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        remedy = "use up to 60 letters, digits, '_', '-' and '.', beginning with a letter or digit"
        report.error(steps, "is not a name", value, remedy)
    elif value.lower() == SIMULATED_ENDPOINT:
        report.error(steps, "is the name of the embedded model", value, "choose another")


@described({"enum": list(_KINDS)})
def _kind(report: Report, steps: Steps, value: Any) -> None:
    if value not in _KINDS:
        report.error(steps, "is not a kind of endpoint", value, f"use {' or '.join(_KINDS)}")


@described({"type": "string", "pattern": r"\S", "maxLength": _LONGEST_MODEL})
def a_model(report: Report, steps: Steps, value: Any) -> None:
    """How a provider calls a model."""
    text(report, steps, value)
    if isinstance(value, str) and not (value.isprintable() and len(value) <= _LONGEST_MODEL):
        report.error(steps, "is no name of a model", value, "write it as the provider does, on one line")


def _prices(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(
            steps, "must be a dict of model: prices", value, "write 'model: {input: 1, output: 2}' lines"
        )
        return
    for model, price in cast("dict[str, Any]", value).items():
        a_model(report, (*steps, model), model)
        _price(report, (*steps, model), price)


def _tiers(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(
            steps, "must be a dict of tier: endpoint/model", value, "write 'tier: endpoint/model' lines"
        )
        return
    for tier, target in cast("dict[str, Any]", value).items():
        if tier in tuple(Tier):
            _target(report, (*steps, tier), target)
        else:
            report.key_error((*steps, tier), "is not a tier", _nearest(tier, tuple(Tier)))


def _target(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, str):
        _target_mapping(report, steps, value)
    elif not all(value.partition("/")):
        report.error(steps, "does not name an endpoint and a model", value, "write endpoint/model")


_dollars = a_number(0, _DEAREST, what=f"must be USD per million tokens, {_DEAREST} at most")
_price = dict_of(
    {"input": _dollars, "output": _dollars, "cached": may_be_null(_dollars)},
    ("input", "output"),
    wrong="must be a dict with 'input' and 'output'",
)
_priced = described({"type": "object", "additionalProperties": schema_of(_price)})(_prices)
_target_mapping = dict_of(
    {"endpoint": text, "model": text},
    ("endpoint", "model"),
    wrong="must be endpoint/model, or a dict of both",
)
_tier_schema: Json = {"anyOf": [{"type": "string", "pattern": "^[^/]+/.+$"}, schema_of(_target_mapping)]}
_limit = may_be_null(whole_number())
ENDPOINT_RULES: dict[str, Rule] = {
    "name": about("How tiers and workers call it.", a_name),
    "url": about("Its address, without a key in it.", a_url),
    "kind": about("Which API it speaks.", may_be_null(_kind)),
    "key": about("The variable that holds its key: env:NAME, never the key itself.", may_be_null(a_key)),
    "headers": about("Sent beside the key, by name: a value, or env:NAME.", may_be_null(headers_by_name)),
    "models": about("The models it has. Default: what it lists.", may_be_null(list_of(a_model))),
    "prices": about("By model, in USD per million tokens.", may_be_null(_priced)),
    "limits": may_be_null(
        dict_of(
            {"max_concurrent": _limit, "requests_per_minute": _limit, "tokens_per_minute": _limit},
            wrong="must be a dict of limits",
        )
    ),
}
"""By key of an endpoint in the settings file."""

_wrong_entry = "must be a dict with 'name' and 'url'"
_entry = unshown(dict, _wrong_entry, dict_of(ENDPOINT_RULES, ("name", "url"), wrong=_wrong_entry))
endpoint_list: Rule = may_be_null(unshown(list, "must be a list of endpoints", list_of(_entry)))
"""The value of `endpoints`."""

tier_targets: Rule = described(
    nullable(
        {
            "type": "object",
            "properties": dict.fromkeys(Tier, _tier_schema),
            "additionalProperties": False,
        }
    )
)(may_be_null(_tiers))
"""The value of `tiers`."""
