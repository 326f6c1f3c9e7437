"""`python -m loom` is the `loom` command."""

from loom.cli.main import cli

if __name__ == "__main__":
    cli()
