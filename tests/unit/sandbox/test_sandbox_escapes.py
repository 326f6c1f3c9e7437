"""No program of the corpus gets out; those that take their time are tried by `make faults`."""

import sys

import pytest

from loom.sandbox import Engine
from sandbox_escapes import Escape, Host, attack, attack_bare, escapes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is compared is read from /proc")
_QUICK = [escape for escape in escapes() if not escape.slow]


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("escape", _QUICK, ids=lambda escape: escape.name)
async def test_a_program_stays_inside(escape: Escape, engine: Engine, host: Host):
    await attack(escape, engine, host)


@pytest.mark.parametrize(
    "escape", [escape for escape in _QUICK if escape.bare], ids=lambda escape: escape.name
)
def test_the_same_program_gets_what_it_wants_without_a_sandbox(escape: Escape, host: Host):
    assert "ESCAPED" in attack_bare(escape, host)


def test_the_corpus_is_large_and_names_each_program_once():
    names = [escape.name for escape in escapes()]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
