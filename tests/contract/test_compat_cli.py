"""The commands and options that the guides of Loom 0.9 show."""

import pytest
from typer.testing import CliRunner

from loom.cli.main import app

HELP = [
    ("setup", "Interactive setup wizard", ("--config-path", "--non-interactive")),
    ("new", "Scaffold", ()),
    ("new worker", "worker config", ("--name", "--kind", "--tier", "--configs-dir", "--non-interactive")),
    ("new pipeline", "pipeline config", ("--name", "--configs-dir", "--non-interactive")),
    ("validate", "Validate worker", ("--all", "--configs-dir")),
    (
        "workshop",
        "Start the LLM Worker Workshop",
        (
            "--port", "--host", "--configs-dir", "--db-path", "--nats-url", "--apps-dir", "--rag-db-path",
            "--rag-store-class", "--rag-channel-registry",
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("command", "phrase", "options"), HELP, ids=[one[0] for one in HELP])
def test_a_command_says_what_it_does_and_knows_its_options(command, phrase, options) -> None:
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert phrase in shown.stdout
    assert [option for option in options if option not in shown.stdout] == []
    assert "[bold]" not in shown.stdout
