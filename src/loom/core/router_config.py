"""What makes router rules right or wrong; routes nothing."""

from typing import Any, cast

from loom.core.findings import Findings, Report, Steps
from loom.core.jsonvalue import Json
from loom.core.keys import Rule, a_number, check_keys, dict_of, schema_version, whole_number
from loom.core.rule import described, object_schema, schema_of
from loom.core.worker_rules import MODEL_TIERS, a_tier
from loom.core.yamlfile import Document

__all__ = ["check_router_rules", "router_schema"]


def check_router_rules(document: Document) -> Findings:
    """Every error and warning in the rules of a router."""
    report = document.report()
    if document.mapping is not None:
        check_keys(report, (), document.mapping, _RULES)
    else:
        report.error(
            (), "expected dict: router rules are a mapping", document.value, "start with 'rate_limits:'"
        )
    return report.findings()


def router_schema() -> Json:
    """The rules of router rules as a JSON Schema."""
    return object_schema(_RULES)


@described({"type": "object", "additionalProperties": schema_of(a_tier)})
def _overrides(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(steps, "must be a dict of worker: tier", value, "write 'worker: tier' lines")
        return
    for worker, tier in cast("dict[str, Any]", value).items():
        a_tier(report, (*steps, worker), tier)


def _limits(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(
            steps, "must be a dict of tier: limits", value, "write 'tier: {max_concurrent: 8}' lines"
        )
        return
    for tier, limits in cast("dict[str, Any]", value).items():
        if tier in MODEL_TIERS:
            _tier_limits(report, (*steps, tier), limits)
        else:
            report.key_error(
                (*steps, tier), f"is an unknown tier '{tier}'", "use local, standard or frontier"
            )


_tier_limits = dict_of(
    {
        "max_concurrent": whole_number(what="must be a positive integer"),
        "tokens_per_minute": a_number(above=True, what="must be a positive number"),
    },
    wrong="must be a dict with 'max_concurrent' and 'tokens_per_minute'",
)
_by_tier: Json = {
    "type": "object",
    "properties": dict.fromkeys(MODEL_TIERS, schema_of(_tier_limits)),
    "additionalProperties": False,
}
_RULES: dict[str, Rule] = {
    "schema": schema_version,
    "tier_overrides": _overrides,
    "rate_limits": described(_by_tier)(_limits),
}
