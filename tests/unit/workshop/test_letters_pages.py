"""Dead letters in the Workshop: the page, its twins and REST, over the bus inside the process."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from loom.access.models import LOCAL
from loom.bus.subjects import DEAD_LETTERS, INCOMING_TASKS
from loom.core.errors import BusError
from loom.delivery.models import LETTERS

HERE = "/dead-letters"
REST = "/api/v1/dead-letters"
LETTER = {
    "reason": "unknown_tier: 'huge'",
    "original_task": {"task_id": "t-1", "worker_type": "sorter", "payload": {"text": "<b>hi</b>"}},
    "task_id": "t-1",
    "worker_type": "sorter",
}  # fmt: skip


@pytest.fixture
async def services(application, visitor) -> AsyncIterator:
    """Those of the visitor's Workshop, which listens."""
    found = application.state.services
    await found.mesh.start()
    yield found
    await found.mesh.aclose()


async def items(visitor, query=""):
    return await visitor.json("GET", f"{REST}?{query}")


@pytest.fixture
def letters(services, visitor):
    """Send letters as the mesh does, and wait until they are kept; gives the list."""

    async def send(*messages):
        wanted = (await items(visitor))["counts"]["waiting"] + len(messages)
        for message in messages:
            await services.mesh.bus.deliver(DEAD_LETTERS, message)
        async with asyncio.timeout(10):
            while (found := await items(visitor))["counts"]["waiting"] < wanted:
                await asyncio.sleep(0)
        return found["items"]

    return send


async def test_letters_of_the_mesh_are_listed_newest_first_with_their_task_when_opened(visitor, letters):
    newest, oldest = await letters(LETTER, {"n": 2})
    assert (newest["reason"], newest["worker_type"], oldest["task_id"]) == ("unknown", None, "t-1")
    page = (await visitor.get(f"{HERE}?open={oldest['id']}")).text
    assert page.index("not said") < page.index("sorter")
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert "payload" not in (await visitor.get(HERE)).text
    assert (await visitor.json("GET", f"{REST}/{oldest['id']}"))["original_task"] == LETTER["original_task"]


async def test_a_replay_sends_the_task_to_the_routers_and_is_logged(visitor, services, letters):
    [letter] = await letters(LETTER)
    router = await services.mesh.bus.subscribe(INCOMING_TASKS, "routers")
    answer = await visitor.post(f"{HERE}/0/replay", entry_id=letter["id"])
    assert answer.headers["location"] == HERE
    assert await asyncio.wait_for(anext(router), 10) == LETTER["original_task"]
    assert (await items(visitor))["counts"] == {"waiting": 0, "replayed": 1, "cleared": 0}
    [logged] = (await visitor.json("GET", f"{REST}/replays"))["items"]
    assert (logged["entry_id"], logged["original_reason"], logged["by"]) == (
        letter["id"],
        LETTER["reason"],
        "local",
    )
    assert logged["replayed_at"] is not None


async def test_a_replay_that_nobody_takes_leaves_the_letter_and_says_why(visitor, letters):
    [letter] = await letters(LETTER)
    page = (await visitor.post(f"{HERE}/0/replay", 503, entry_id=letter["id"])).text
    assert "nobody listens to loom.tasks.incoming" in page
    refused = await visitor.json("POST", f"{REST}/{letter['id']}/replay", status=503)
    assert refused["error"]["type"] == "bus"
    assert (await items(visitor))["counts"]["waiting"] == 1
    assert (await visitor.json("GET", f"{REST}/replays"))["items"] == []


async def test_several_are_replayed_oldest_first_and_none_that_waits_no_more(visitor, services, letters):
    newest, middle, oldest = await letters(*({"task_id": name} for name in "abc"))
    router = await services.mesh.bus.subscribe(INCOMING_TASKS)
    await visitor.json("POST", f"{REST}/{middle['id']}/replay")
    form = {"entry_id": [one["id"] for one in (newest, middle, oldest)]}
    assert (await visitor.client.post(f"{HERE}/replay", data=form)).status_code == 303
    assert [(await anext(router))["task_id"] for _ in range(3)] == ["b", "a", "c"]
    assert (await items(visitor))["counts"] == {"waiting": 0, "replayed": 3, "cleared": 0}


async def test_a_replay_of_which_nobody_knows_stays_visible_with_its_letter(
    visitor, services, letters, monkeypatch
):
    [letter] = await letters(LETTER)

    async def lost(subject, data):
        raise BusError("the connection went away", doubtful=True)

    monkeypatch.setattr(services.mesh.bus, "deliver", lost)
    await visitor.post(f"{HERE}/0/replay", 503, entry_id=letter["id"])
    [logged] = (await visitor.json("GET", f"{REST}/replays"))["items"]
    assert logged["replayed_at"] is None
    assert (await items(visitor))["counts"]["waiting"] == 1


async def test_clearing_is_taken_back_by_undo_and_spares_what_came_meanwhile(visitor, letters):
    await letters(LETTER, LETTER)
    form = (await visitor.get(HERE)).text.split('action="/dead-letters/clear"')[1].split("</form>")[0]
    newest = form.split('name="newest" value="')[1].split('"')[0]
    await letters({"late": True})
    await visitor.post(f"{HERE}/clear", newest=newest)
    assert (await items(visitor))["counts"] == {"waiting": 1, "replayed": 0, "cleared": 2}
    page = (await visitor.get(HERE)).text
    assert "2 letters were cleared" in page
    clearing = page.split('name="clearing" value="')[1].split('"')[0]
    await visitor.post(f"{HERE}/undo", clearing=clearing)
    assert (await items(visitor))["counts"]["waiting"] == 3
    await visitor.post(f"{HERE}/undo", 404, clearing=clearing)


async def test_the_log_of_replays_survives_clearing(visitor, services, letters):
    first, _ = await letters(LETTER, LETTER)
    await services.mesh.bus.subscribe(INCOMING_TASKS)
    await visitor.json("POST", f"{REST}/{first['id']}/replay")
    assert (await visitor.json("POST", f"{REST}/clear"))["cleared"] == 1
    assert len((await visitor.json("GET", f"{REST}/replays"))["items"]) == 1
    assert "Replay log" in (await visitor.get(HERE)).text


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"original_task": "none", "reason": {"deep": [1]}, "task_id": 7, "worker_type": ["x"]},
        {"reason": "a\0b" * 5_000, "worker_type": "=cmd()", "task_id": "x" * 5_000},
        {"reason": "half \ud800", "original_task": {"text": "\udfff"}},
        json.loads('{"original_task": ' + '{"a":' * 190 + "1" + "}" * 191),
    ],
)
async def test_any_json_object_is_a_letter_that_can_be_shown(visitor, letters, message):
    [letter] = await letters(message)
    for path in (f"{HERE}?open={letter['id']}", f"{HERE}.json", f"{HERE}.csv", f"{REST}/{letter['id']}"):
        await visitor.get(path)
    assert len(letter["reason"]) <= 2_000


async def test_junk_in_addresses_and_forms_is_refused_in_words(visitor, services):
    await visitor.get(f"{HERE}?state=x&open=x")
    await visitor.post(f"{HERE}/first/replay", 422, entry_id="x")
    await visitor.post(f"{HERE}/0/replay", 422)
    await visitor.post(f"{HERE}/0/replay", 400, entry_id="x")
    await visitor.post(f"{HERE}/0/replay", 404, entry_id="018f0000-0000-7000-8000-000000000001")
    await visitor.post(f"{HERE}/undo", 404, clearing="zz")
    await visitor.get(f"{REST}/nothing", 400)
    await visitor.get(f"{REST}/018f0000-0000-7000-8000-000000000001", 404)


async def test_thousands_of_letters_are_paged_and_only_the_newest_kept(visitor, services):
    services.letters._most = 120
    await asyncio.gather(*(services.letters.take({"task_id": f"t{n}"}) for n in range(300)))
    seen, cursor = [], ""
    while cursor is not None:
        page = await items(visitor, f"size=50&cursor={cursor}" if cursor else "size=50")
        seen += [one["task_id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [f"t{n}" for n in range(299, 179, -1)]
    second = (await visitor.get(HERE)).text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "26 to 50 of 120" in (await visitor.get(second)).text


async def test_without_a_mesh_the_page_says_how_to_connect_one(visitor, letters):
    assert "loom workshop --nats-url nats://localhost:4222" in (await visitor.get(HERE)).text
    await letters(LETTER)
    page = (await visitor.get(HERE)).text
    assert "No mesh is connected" in page


async def test_a_mesh_that_cannot_be_reached_is_told_without_its_password(application, visitor):
    services = application.state.services
    services.settings = replace(services.settings, nats_url="nats://ann:secret@127.0.0.1:1")
    await services.mesh.start()
    async with asyncio.timeout(10):
        while "cannot be reached" not in (page := (await visitor.get(HERE)).text):
            await asyncio.sleep(0)
    assert "nats://127.0.0.1:1 cannot be reached" in page
    assert "secret" not in page
    await services.mesh.aclose()


async def test_every_change_is_told_to_who_follows(visitor, services, letters):
    [letter] = await letters(LETTER)
    await services.mesh.bus.subscribe(INCOMING_TASKS)
    await visitor.json("POST", f"{REST}/{letter['id']}/replay")
    clearing = await visitor.json("POST", f"{REST}/clear")
    assert clearing == {"cleared": 0, "clearing": None}
    told = [event.type for event in await services.events.read(LETTERS, LOCAL)]
    assert told == ["letter.arrived", "letter.replayed", "letters.cleared"]


async def test_workers_of_the_mesh_hear_that_an_app_came_or_went(visitor, services, tmp_path):
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("manifest.yaml", "name: mail\nversion: 1.0.0\ndescription: Mail\nentry_configs: {}\n")
    listener = await services.mesh.bus.subscribe("loom.control.reload")
    await visitor.client.post("/apps/deploy", files={"zip_file": ("a.zip", bundle.getvalue())})
    assert await asyncio.wait_for(anext(listener), 10) == {"action": "reload"}
    await visitor.post("/apps/mail/remove")
    assert await asyncio.wait_for(anext(listener), 10) == {"action": "reload"}
