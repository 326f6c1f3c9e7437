"""`loom doctor`: what works on this machine, and what to do about what does not."""

from typing import TYPE_CHECKING

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.wiring.checkup import Finding

__all__ = ["doctor"]


def doctor(as_json: AsJson = False) -> None:
    """Check what works on this machine.

    Settings, disk, database, endpoints, tiers and shipped content; exit 1 when something needs care.
    """
    import asyncio
    from dataclasses import asdict

    from loom.cli.context import print_json
    from loom.wiring.checkup import check_machine

    findings = asyncio.run(check_machine())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _print(findings: "list[Finding]") -> None:
    from loom.cli.show.console import put
    from loom.cli.show.table import show_table

    bad = sum(not finding.good for finding in findings)
    put(
        "All is well." if not bad else f"{bad} of {len(findings)} need care.",
        label=_mark(good=not bad),
        hang=3,
    )
    show_table([(_mark(good=one.good), one.what, one.detail) for one in findings])
    if any("simulated" in one.detail for one in findings if one.what.startswith("tier")):
        put(
            "To ask a real model, set OLLAMA_URL, ANTHROPIC_API_KEY or OPENAI_API_KEY, "
            "or OPENAI_BASE_URL for any other server; `loom setup` finds what is there."
        )


def _mark(*, good: bool) -> tuple[str, str]:
    return ("✓", "pass") if good else ("✗", "fail")
