"""`loom doctor`: what works on this machine, and what to do about what does not."""

from typing import TYPE_CHECKING

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.wiring.checkup import Finding

__all__ = ["doctor"]

_HANG = 24


def doctor(as_json: AsJson = False) -> None:
    """Check what works on this machine.

    Settings, disk, database, endpoints, tiers, your own workers and suites; exit 1 when something needs care. All
    endpoints are asked at the same time, each for at most 10 seconds.
    """
    import asyncio
    from dataclasses import asdict

    from loom.cli.context import print_json

    findings = asyncio.run(_found(quiet=as_json))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _sum_up(findings)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


async def _found(*, quiet: bool) -> "list[Finding]":
    """Everything that was looked at, each shown as soon as it is known."""
    from loom.cli.show.console import put
    from loom.wiring.checkup import check_machine

    findings: list[Finding] = []
    async for one in check_machine():
        findings.append(one)
        if not quiet:
            mark, style = _mark(good=one.good)
            put(one.detail, label=(f"{mark}  {one.what}  ", style), hang=_HANG)
    return findings


def _sum_up(findings: "list[Finding]") -> None:
    from loom.cli.show.console import console, put

    bad = sum(not finding.good for finding in findings)
    console().print()
    put(
        "All is well." if not bad else f"{bad} of {len(findings)} {'needs' if bad == 1 else 'need'} care.",
        label=_mark(good=not bad),
        hang=3,
    )
    if any("simulated" in one.detail for one in findings if one.what.startswith("tier")):
        put(
            "To ask a real model, set OLLAMA_URL, ANTHROPIC_API_KEY or OPENAI_API_KEY, "
            "or OPENAI_BASE_URL for any other server; `loom setup` finds what is there."
        )


def _mark(*, good: bool) -> tuple[str, str]:
    return ("✓", "pass") if good else ("✗", "fail")
