"""The page for those who come from Loom 0.9: its scripts run, and print what it says."""

import re
from pathlib import Path

import pytest

_PAGE = Path(__file__).parents[2] / "docs" / "from-0.9.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"^print\(.*\)  # (.*)$", re.MULTILINE)


def test_the_scripts_of_the_guide_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    script = "\n".join(_BLOCK.findall(_PAGE.read_text(encoding="utf-8")))
    exec(compile(script, _PAGE.name, "exec"), {})
    assert capsys.readouterr().out.splitlines() == _SAID.findall(script)
    assert len(_SAID.findall(script)) >= 5
