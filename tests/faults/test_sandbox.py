"""The whole escape corpus, also the programs that run until they are stopped."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.sandbox import Engine, python
from sandbox_escapes import Escape, Host, attack, escapes

pytestmark = pytest.mark.faults


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with Host.with_a_secret(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("escape", escapes(), ids=lambda escape: escape.name)
async def test_a_program_stays_inside(escape: Escape, engine: Engine, host: Host):
    await attack(escape, engine, host)


@pytest.mark.parametrize("escape", escapes(), ids=lambda escape: escape.name)
async def test_the_jail_holds_without_the_filter_of_system_calls(
    escape: Escape, host: Host, monkeypatch: pytest.MonkeyPatch
):
    if os.geteuid() == 0 and escape.name == "processes: fork without end":
        pytest.skip("no limit on processes holds for root: without the filter there is no jail")
    monkeypatch.setattr(python, "filter_for", lambda machine: b"")
    await attack(escape, Engine.PYTHON, host, believed=False)
