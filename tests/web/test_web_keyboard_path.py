"""The way from an idea to a comparison by keyboard alone: no pointer is ever used, and the focus is always seen."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

_MOST_TABS = 120
_HERE = """() => {
    const it = document.activeElement;
    const labels = [...(it.labels ?? [])].map((label) => label.textContent);
    const words = it.getAttribute("aria-label") || labels.join(" ") || it.textContent || it.name || "";
    const style = getComputedStyle(it);
    const box = it.getBoundingClientRect();
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [it === document.body, words.replace(/\\s+/g, " ").trim(), seen, box.width * box.height > 0];
}"""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Someone without a pointer at a page."""

    page: "Page"

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, letter: str, heading: str) -> None:
        """To a section, once the page hears keys."""
        self.page.wait_for_load_state()
        self.press("g", letter)
        self.at(heading)

    def at(self, heading: str | re.Pattern[str]) -> None:
        """The page with this heading is there."""
        expect(self.page.get_by_role("heading", level=1, name=heading)).to_be_visible()

    def to(self, name: str, key: str = "Tab") -> None:
        """Tab until the focus is on what is called `name`; it is seen all the way."""
        met: list[str] = []
        for _ in range(_MOST_TABS):
            self.press(key)
            nowhere, words, seen, there = self.page.evaluate(_HERE)
            if nowhere:
                continue
            assert there, f"the focus is on something that is not shown: {words}"
            assert seen, f"the focus is not seen on: {words}"
            met.append(words[:40])
            if re.search(name, words):
                return
        pytest.fail(f"no way leads to {name!r}; past: {met}")

    def activate(self, name: str) -> None:
        self.to(name)
        self.press("Enter")

    def skip(self) -> None:
        """Past the bar and the tabs."""
        self.activate("^Skip to content$")
        expect(self.page.get_by_role("main")).to_be_focused()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)


@pytest.fixture
def keyboard(page: "Page") -> Keyboard:
    page.goto("/")
    return Keyboard(page)


def define(keyboard: Keyboard, worker: str) -> None:
    keyboard.go("w", "Workers")
    keyboard.activate("^New worker")
    keyboard.at("New worker")
    keyboard.to("^Begin with")
    keyboard.type("classifier")
    keyboard.to("^Name")
    keyboard.type(worker)
    keyboard.press("Enter")
    keyboard.at(worker)
    keyboard.to("^YAML|^Definition")
    keyboard.press("Control+End")
    keyboard.type("\n# by keyboard\n")
    keyboard.press("Control+s")
    expect(keyboard.page.locator(".meta")).to_contain_text("v2")


def try_out(keyboard: Keyboard, suite: str) -> None:
    page = keyboard.page
    keyboard.activate("^Test$")
    keyboard.at(re.compile("Test"))
    keyboard.to("^text")
    keyboard.type("My parcel is late.")
    keyboard.press("Control+Enter")
    expect(page.locator("#test-result")).to_contain_text("Answer")
    keyboard.activate("^Save as case")
    keyboard.to("^New suite")
    keyboard.type(suite)
    keyboard.press("Enter")
    keyboard.at(suite)
    expect(page.locator(".toast")).to_contain_text("Added the case")


def evaluate(keyboard: Keyboard, worker: str, tier: str) -> None:
    page = keyboard.page
    keyboard.go("w", "Workers")
    keyboard.press("/")
    keyboard.type(worker)
    expect(page.locator("#workers [data-row]")).to_have_count(1)
    keyboard.activate(f"^{worker}$")
    keyboard.at(worker)
    keyboard.skip()
    keyboard.activate("^Evaluate$")
    keyboard.at(re.compile("^Evaluate"))
    keyboard.to("^Suite")
    keyboard.type("classifier")
    keyboard.to("^Tier")
    keyboard.type(tier)
    keyboard.press("Control+Enter")
    expect(page.locator("#cases")).to_be_visible()
    expect(page.locator("#progress")).to_have_count(0)  # it was followed to its end
    expect(page.locator("#cases tr[data-row]").first).to_be_visible()


def test_from_a_template_to_a_comparison(keyboard: Keyboard) -> None:
    worker, page = "by_keyboard", keyboard.page
    define(keyboard, worker)
    try_out(keyboard, "by_keyboard_cases")
    for tier in ("local", "frontier"):
        evaluate(keyboard, worker, tier)

    keyboard.press("n", "Enter")
    expect(page.get_by_role("heading", name="Field by field")).to_be_visible()
    keyboard.activate("^Open transcript")
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()

    keyboard.go("e", "Runs")
    keyboard.press("j", "x", "j", "x", "c")
    keyboard.at(re.compile(f"{worker}: .* against"))
    expect(page.locator(".verdict-value")).to_contain_text("points")


def test_a_dialog_takes_the_focus_and_gives_it_back(keyboard: Keyboard) -> None:
    page = keyboard.page
    page.goto("/suites/extractor")
    keyboard.skip()
    keyboard.activate("^Open them$")
    dialog = page.get_by_role("dialog", name=re.compile("^Open the .* sealed cases"))
    expect(dialog).to_be_visible()
    keyboard.to("^Cancel$")
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Open them")).to_be_focused()


def test_the_focus_goes_to_what_a_filter_brought(keyboard: Keyboard) -> None:
    page = keyboard.page
    newest = page.request.get("/runs.json?state=completed&suite=entity_extractor").json()["items"][0]
    page.goto(f"/runs/{newest['id']}")
    keyboard.skip()
    keyboard.activate("^Failed")
    expect(page.get_by_role("heading", name="Cases")).to_be_focused()
    keyboard.press("j", "Enter")
    expect(page.get_by_role("heading", name="Field by field")).to_be_visible()
    keyboard.to("^Open transcript")


def test_failures_are_gone_through_one_after_another(keyboard: Keyboard) -> None:
    page = keyboard.page
    newest = page.request.get("/runs.json?state=completed&suite=entity_extractor").json()["items"][0]
    page.goto(f"/runs/{newest['id']}")
    failed = page.locator("#cases [data-failed] .row-toggle")
    for number in range(3):
        keyboard.press("n", "Enter")
        expect(failed.nth(number)).to_have_attribute("aria-expanded", "true")
        expect(failed.nth(number)).to_be_focused()
        expect(page.locator("#cases [data-row-detail]")).to_be_in_viewport(ratio=1)
    third = failed.nth(2).inner_text()
    keyboard.to("^Open transcript")
    keyboard.press("p")
    expect(failed.nth(1)).to_be_focused()
    keyboard.press("Enter")
    expect(failed.nth(1)).to_have_attribute("aria-expanded", "true")
    keyboard.activate("^Open transcript")
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    keyboard.press("n")
    keyboard.at(third)
