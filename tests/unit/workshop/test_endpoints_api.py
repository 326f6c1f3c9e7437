"""Endpoints, tiers, system settings and counts over REST."""

import pytest

MOCK = {"label": "mock", "url": "http://127.0.0.1:9/v1", "api_key": "sk-very-secret"}
ENDPOINTS = "/api/v1/endpoints"


async def test_an_endpoint_is_added_changed_removed_and_restored(visitor) -> None:
    made = await visitor.json("POST", ENDPOINTS, MOCK, 201)
    here = f"{ENDPOINTS}/{made['id']}"
    assert (made["kind"], made["has_key"], made["key_source"]) == ("openai", True, "stored")
    changed = await visitor.json("PUT", here, {"models": ["m"], "prices": {"m": {"input": 1, "output": 2.5}}})
    assert (changed["models"], changed["prices"]["m"]["output"], changed["revision"]) == (["m"], 2.5, 2)
    await visitor.json("DELETE", here, status=204)
    await visitor.json("GET", here, status=404)
    assert (await visitor.json("POST", f"{here}/restore"))["has_key"] is True


async def test_no_answer_shows_a_key(visitor) -> None:
    made = await visitor.json("POST", ENDPOINTS, MOCK, 201)
    here = f"{ENDPOINTS}/{made['id']}"
    asked = (ENDPOINTS, here, f"/settings/endpoints/{made['id']}", "/settings/endpoints", "/settings/audit")
    said = [(await visitor.get(path)).text for path in asked]
    said.append((await visitor.client.post(f"{here}/test")).text)
    said.append((await visitor.client.put(here, json={"label": "a/b", "api_key": "sk-very-secret"})).text)
    assert not [text for text in said if "sk-very" in text]


async def test_a_test_tells_what_is_wrong_and_how_to_mend_it(visitor) -> None:
    made = await visitor.json("POST", ENDPOINTS, MOCK, 201)
    found = await visitor.json("POST", f"{ENDPOINTS}/{made['id']}/test")
    assert found["ok"] is False
    assert "check the address and that the server runs" in found["problem"]
    assert (await visitor.json("POST", f"{ENDPOINTS}/simulated/test"))["models"] == [
        "sim-large",
        "sim-medium",
        "sim-small",
    ]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"label": "a"}, 422, "url"),
        ({**MOCK, "label": "a/b"}, 400, "label"),
        ({**MOCK, "url": "ftp://h"}, 400, "url"),
        ({**MOCK, "url": "http://user:open-sesame@h"}, 400, "url"),
        ({**MOCK, "url": "http://169.254.169.254/v1"}, 400, "url"),
        ({**MOCK, "url": "http://[::ffff:169.254.169.254]/v1"}, 400, "url"),
        ({**MOCK, "kind": "gopher"}, 422, "kind"),
        ({**MOCK, "api_key": "a\nb"}, 400, "api_key"),
        ({**MOCK, "api_key_env": "LLM_X"}, 400, "api_key"),
        ({"label": "a", "url": "http://h", "api_key_env": "PATH"}, 400, "api_key_env"),
        ({"label": "a", "url": "http://h", "api_key": "env:PATH"}, 400, "api_key"),
        ({**MOCK, "limits": {"max_concurrent": 0}}, 422, "limits.max_concurrent"),
        ({**MOCK, "models": [""]}, 400, "models[0]"),
        ({**MOCK, "colour": "red"}, 422, "colour"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field_without_a_key(visitor, body, status, field) -> None:
    answer = await visitor.client.post(ENDPOINTS, json=body)
    assert answer.status_code == status, answer.text
    assert field in [problem["field"] for problem in answer.json()["error"]["problems"]]
    assert "sk-very" not in answer.text
    assert "sesame" not in answer.text


async def test_an_endpoint_of_the_settings_is_shown_and_not_changed(visitor) -> None:
    answer = await visitor.client.put(f"{ENDPOINTS}/simulated", json={"enabled": False})
    assert answer.status_code == 400
    assert "is defined in the settings" in answer.text
    assert (await visitor.json("GET", f"{ENDPOINTS}/simulated"))["place"] == "built in"


async def test_models_are_those_configured_and_those_that_answer(visitor) -> None:
    await visitor.json("POST", ENDPOINTS, MOCK, 201)
    await visitor.json("POST", ENDPOINTS, {**MOCK, "label": "fixed", "models": ["m"]}, 201)
    found = await visitor.json("GET", "/api/v1/models")
    assert {"endpoint": "fixed", "model": "m"} in found["items"]
    assert {"endpoint": "simulated", "model": "sim-small"} in found["items"]
    assert [one["endpoint"] for one in found["problems"]] == ["mock"]


async def test_tiers_are_mapped_together_or_not_at_all(visitor) -> None:
    await visitor.json(
        "PUT", "/api/v1/tiers", {"local": "simulated/sim-large", "default": "simulated/sim-small"}
    )
    await visitor.json("PUT", "/api/v1/tiers", {"local": "simulated/sim-small", "standard": "nobody/m"}, 400)
    await visitor.json("PUT", "/api/v1/tiers", {"standard": "no-slash"}, 400)
    held = await visitor.json("GET", "/api/v1/tiers")
    assert held == {
        "local": "simulated/sim-large",
        "standard": None,
        "frontier": None,
        "default": "simulated/sim-small",
    }


async def test_settings_hold_what_was_put_and_leave_the_rest(visitor) -> None:
    here = "/api/v1/admin/settings"
    await visitor.json("PUT", here, {"allow_guest_access": True, "default_model": "simulated/sim-large"})
    await visitor.json("PUT", here, {"retention_test_days": 30})
    assert await visitor.json("GET", here) == {
        "allow_guest_access": True,
        "retention_test_days": 30,
        "retention_run_days": None,
        "retention_audit_days": 1095,
        "default_model": "simulated/sim-large",
    }
    await visitor.json("PUT", here, {"retention_run_days": 0}, 422)
    await visitor.json("PUT", here, {"retention_run_days": 3, "default_model": "nobody/m"}, 400)
    assert (await visitor.json("GET", here))["retention_run_days"] is None


async def test_a_loom_that_did_nothing_yet_counts_nothing(visitor) -> None:
    before = await visitor.json("GET", "/api/v1/admin/stats")
    assert before["versions"].keys() == {"loom", "python", "database", "schema"}
    assert (before["total_runs"], before["cache_hit_rate"], before["queue"]) == (0, None, 0)
    assert before["database_bytes"] > 10_000
