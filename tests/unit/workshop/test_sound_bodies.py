"""JSON bodies that say one thing twice, or nothing that can be kept, are refused by every operation alike."""

import pytest

CASES = "/api/v1/suites/mine/cases"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"worker": "classifier", "input": {"text": "a", "text": "b"}}', "the key 'text' twice"),
        (b'{"worker": "classifier", "worker": "summarizer", "input": {}}', "the key 'worker' twice"),
        (
            b'{"worker": "classifier", "input": {"text": "\\ud800"}}',
            "'input.text' holds half of a character",
        ),
        (
            b'{"worker": "classifier", "input": {"\\udfff": 1}}',
            "'a key of input' holds half of a character",
        ),
        (b'{"\\ud800": 1}', "'a key of the body' holds half of a character"),
        (b'{"worker": "classifier", "input": {"text": NaN}}', "'input.text' is no number that JSON knows"),
        (b'{"worker": "classifier", "input": {"text": 1e999}}', "'input.text' is no number that JSON knows"),
        ('{"worker": "classifier", "input": {"text": "a"}}'.encode("utf-16"), "is not UTF-8 text"),
    ],
)
async def test_a_body_that_is_no_sound_json_is_refused_and_nothing_starts(visitor, body, said) -> None:
    headers = {"Content-Type": "application/json"}
    refused = await visitor.client.post("/api/v1/tests", content=body, headers=headers)
    assert refused.status_code == 400
    assert said in refused.json()["error"]["message"]
    assert (await visitor.json("GET", "/api/v1/tests"))["items"] == []


async def test_a_broken_body_that_nobody_wants_breaks_nothing(visitor) -> None:
    headers = {"Content-Type": "application/json"}
    asked = "/api/v1/endpoints/simulated/test"
    for body, status in ((b"{", 200), (b"[" * 100_000, 200), (b'{"a": 1, "a": 2}', 400)):
        answer = await visitor.client.post(asked, content=body, headers=headers)
        assert answer.status_code == status, answer.text


async def test_whole_characters_of_every_kind_are_taken(visitor) -> None:
    body = {"worker": "classifier", "input": {"text": "Wo ist mein Päckchen? 📦"}}
    made = await visitor.json("POST", "/api/v1/tests", body, 201)
    assert made["input"] == body["input"]
