"""The consumer for programs, as Loom 0.9 documents it."""

import pytest

from loom.bus.memory import InMemoryBus
from loom.core.errors import BusError
from loom.router.dead_letter import DEAD_LETTER_SUBJECT, INCOMING_SUBJECT, DeadLetterConsumer

TASK = {"task_id": "t1", "worker_type": "sorter", "payload": {"text": "hi"}}


def test_the_subjects_are_those_of_the_mesh():
    assert (INCOMING_SUBJECT, DEAD_LETTER_SUBJECT) == ("loom.tasks.incoming", "loom.tasks.dead_letter")


async def test_a_message_becomes_an_entry():
    consumer = DeadLetterConsumer()
    await consumer.handle_message({"reason": "rate_limited: x", "original_task": TASK, "task_id": "t1"})
    [entry] = consumer.list_entries()
    assert set(entry) == {"id", "timestamp", "reason", "task_id", "worker_type", "original_task"}
    assert (entry["reason"], entry["task_id"], entry["original_task"]) == ("rate_limited: x", "t1", TASK)


async def test_what_a_message_does_not_say_is_taken_from_all_of_it():
    consumer = DeadLetterConsumer()
    await consumer.handle_message({"task_id": "t2"})
    [entry] = consumer.list_entries()
    assert (entry["reason"], entry["original_task"]) == ("unknown", {"task_id": "t2"})


def test_the_oldest_makes_room_and_lists_are_newest_first():
    consumer = DeadLetterConsumer(max_size=3)
    for number in range(5):
        consumer.store({"n": number}, "why")
    assert consumer.count() == 3
    assert [entry["original_task"]["n"] for entry in consumer.list_entries()] == [4, 3, 2]
    assert [entry["original_task"]["n"] for entry in consumer.list_entries(limit=1, offset=1)] == [3]


async def test_a_replay_publishes_the_task_removes_the_entry_and_is_logged():
    consumer, bus = DeadLetterConsumer(), InMemoryBus()
    router = await bus.subscribe(INCOMING_SUBJECT)
    entry = consumer.store(TASK, "why", task_id="t1", worker_type="sorter")
    assert await consumer.replay(entry.id, bus)
    assert await anext(router) == TASK
    assert not await consumer.replay(entry.id, bus)
    consumer.clear()
    [record] = consumer.replay_log()
    assert record == {
        "entry_id": entry.id, "task_id": "t1", "worker_type": "sorter", "original_reason": "why",
        "replayed_at": record["replayed_at"],
    }  # fmt: skip
    assert (consumer.count(), consumer.replay_count()) == (0, 1)


async def test_an_entry_that_could_not_be_sent_stays():
    class Broken(InMemoryBus):
        async def publish(self, subject, data):
            raise BusError("gone")

    consumer = DeadLetterConsumer()
    entry = consumer.store(TASK, "why")
    with pytest.raises(BusError):
        await consumer.replay(entry.id, Broken())
    assert (consumer.count(), consumer.replay_count()) == (1, 0)
