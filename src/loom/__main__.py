"""`python -m loom` is the `loom` command."""

from loom.cli.endings import Ending

__all__ = ["main"]


def main() -> None:
    """Run the command line; interrupted before a command begins, it says so too."""
    with Ending():
        from loom.cli.main import cli

        cli()


if __name__ == "__main__":
    main()
