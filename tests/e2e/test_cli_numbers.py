"""Options that are numbers: what is no number is refused by every one of them, before anything is done."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from loom.cli.main import app
from loom.core.errors import UsageError
from loom.evaluation.comparing.gates import Gate
from loom.evaluation.statistics.power import spread_of_rate


def _decimals(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Every option of `command`, and of those below it, that takes a number with decimals."""
    for name, below in getattr(command, "commands", {}).items():
        yield from _decimals(below, *path, name)
    for option in command.params:
        if option.type.name.startswith("float"):
            yield *path, option.opts[0]


DECIMALS = list(_decimals(typer.main.get_command(app)))


def test_the_options_with_decimals_are_found() -> None:
    assert {("eval", "--tolerance"), ("power", "--rate"), ("suite", "split", "--train")} <= {*DECIMALS}


@pytest.mark.parametrize("words", DECIMALS, ids=" ".join)
@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
def test_no_number_at_all_is_refused(loom: Callable[..., Any], words: tuple[str, ...], number: str) -> None:
    more = ("--port", "-1") if words[0] == "sim" else ()  # or it would serve
    refused = loom(*words, number, *more)
    assert refused.status == 2
    assert f"Invalid value for '{words[-1]}'" in refused.errors


@pytest.mark.parametrize("share", [float("nan"), float("inf"), -0.1, 1.1])
def test_services_refuse_what_is_no_share(share: float) -> None:
    for asked in (
        lambda: Gate(tolerance=share),
        lambda: Gate(minimum=share),
        lambda: spread_of_rate(share, 0.1),
    ):
        with pytest.raises(UsageError):
            asked()
