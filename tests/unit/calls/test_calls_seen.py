"""Keys that were seen, in little memory: each is known again, and few others are."""

from loom.calls.seen import SeenKeys
from loom.core.hashing import hash_bytes


def test_every_key_is_known_again_however_many_there_are_and_few_that_were_never_seen():
    keys = [hash_bytes(b"%d" % number) for number in range(200_000)]
    others = [hash_bytes(b"other %d" % number) for number in range(20_000)]
    seen = SeenKeys()
    assert keys[0] not in seen
    for key in keys:
        seen.add(key)
    assert all(key in seen for key in keys)
    assert sum(key in seen for key in others) < len(others) / 15
