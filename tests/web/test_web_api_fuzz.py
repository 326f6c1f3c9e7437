"""Whatever a program sends to the REST API, it is told what is wrong; the server never breaks.

`FUZZ_CALLS` says how many requests, spread over all operations; 10,000 take a few minutes.
"""

import os
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

pytestmark = pytest.mark.web

CALLS = int(os.environ.get("FUZZ_CALLS", "1000"))
ROUNDS = 50
"""Operations without parameters have one request each."""

WOULD_LEAVE = ("/api/v1/endpoints/{id}/test", "/api/v1/models")
"""These ask whatever address was made up: nothing may leave this machine."""


def test_no_request_breaks_the_api(keyed_workshop) -> None:
    server, key = keyed_workshop
    headers = {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_url(server.url("/api/v1/openapi.json"), headers=headers)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    asked = [one for one in operations if one.path not in WOULD_LEAVE and one.method.upper() != "WS"]
    assert len(asked) > 20
    seen, broken = Counter[int](), list[str]()
    for _ in range(ROUNDS):
        for operation in asked:
            if seen.total() < CALLS:
                _ask(operation, headers, CALLS // len(asked) + 1, (seen, broken))
    print(f"{seen.total()} calls of {len(asked)} operations: {dict(sorted(seen.items()))}")
    assert seen.total() >= CALLS
    assert broken == []


def _ask(
    operation: schemathesis.APIOperation,
    headers: dict[str, str],
    calls: int,
    noted: tuple[Counter[int], list[str]],
) -> None:
    seen, broken = noted

    @settings(
        max_examples=calls,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(timeout=20, headers=headers)
        seen[answer.status_code] += 1
        if answer.status_code >= 500:
            broken.append(
                f"{case.method} {case.formatted_path}: {answer.status_code} {answer.text[:200]} {case.body!r:.300}"
            )

    ask()
