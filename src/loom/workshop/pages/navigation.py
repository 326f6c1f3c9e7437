"""Where everything is: the sections, their tabs, and what the shell around every page shows."""

from dataclasses import dataclass

from loom.access.models import Principal, PrincipalKind, Role
from loom.workshop.guard.policy import POLICY

__all__ = ["SECTIONS", "Section", "Shell", "Tab", "shell"]


@dataclass(frozen=True, slots=True)
class Tab:
    """One list of things."""

    label: str
    href: str
    also: tuple[str, ...] = ()
    """Other addresses that belong to it."""

    def holds(self, path: str) -> int:
        """How much of `path` it accounts for; 0 when the page is not of this tab."""
        homes = (self.href, *self.also)
        return max((len(home) for home in homes if path == home or path.startswith(f"{home}/")), default=0)


@dataclass(frozen=True, slots=True)
class Section:
    """One word of the bar at the top."""

    label: str
    key: str
    """The letter that leads there after `g`."""

    tabs: tuple[Tab, ...]

    @property
    def href(self) -> str:
        """Where the word leads: to its first tab."""
        return self.tabs[0].href


SECTIONS = (
    Section(
        "Build",
        "w",
        (
            Tab("Workers", "/workers"),
            Tab("Pipelines", "/pipelines"),
            Tab("Apps", "/apps"),
            Tab("RAG", "/rag"),
        ),
    ),
    Section(
        "Evaluate",
        "e",
        (
            Tab("Runs", "/runs", ("/compare", "/evaluate", "/leaderboard")),
            Tab("Suites", "/suites"),
            Tab("Baselines", "/baselines"),
        ),
    ),
    Section("Operate", "o", (Tab("Jobs", "/jobs"), Tab("Dead letters", "/dead-letters"))),
    Section("Settings", "s", (Tab("Settings", "/settings"),)),
)


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds a page for one asker."""

    sections: tuple[Section, ...]
    section: Section | None
    """The one the page is in."""

    tab: Tab | None
    nonce: str
    user: str | None
    """The name of someone who is logged in."""

    simulated: bool
    find: bool
    """Whether there is a page that finds anything."""

    login: str
    """Where a guest logs in; empty for everyone else."""


def shell(
    path: str, *, nonce: str, simulated: bool, asker: Principal | None = None, login: str = "/login"
) -> Shell:
    """The shell of the page at `path` for `asker`: no word leads where they may not go. `login` leads back here."""
    role, kind = (asker.role, asker.kind) if asker else (None, None)
    sections = tuple(section for one in SECTIONS if (section := _open(one, role)) is not None)
    best = max(
        ((tab.holds(path), section, tab) for section in sections for tab in section.tabs),
        key=lambda found: found[0],
        default=(0, None, None),
    )
    section, tab = best[1:] if best[0] else (None, None)
    return Shell(
        sections=sections,
        section=section,
        tab=tab,
        nonce=nonce,
        user=asker.name if asker and kind is PrincipalKind.USER else None,
        simulated=simulated,
        find=_may(role, "GET", "/find"),
        login=login if kind is PrincipalKind.GUEST else "",
    )


def _open(section: Section, role: Role | None) -> Section | None:
    tabs = tuple(tab for tab in section.tabs if _may(role, "GET", tab.href))
    return Section(section.label, section.key, tabs) if tabs else None


def _may(role: Role | None, method: str, path: str) -> bool:
    if (method, path) not in POLICY:
        return False
    asked = POLICY[method, path]
    return asked is None or (role is not None and role.covers(asked))
