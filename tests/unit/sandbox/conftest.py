"""A host with something to steal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_escapes import Host


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with Host.with_a_secret(tmp_path, monkeypatch) as opened:
        yield opened
