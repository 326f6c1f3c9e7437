"""What a page lets one do, read from its HTML: where its links lead, and what its forms and buttons send."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

_BY_SCRIPT = {f"hx-{method}": method.upper() for method in ("get", "post", "put", "patch", "delete")}


def controls(html: str, here: str) -> set[tuple[str, str]]:
    """The method and the path of everything that the page at `here` offers and has not disabled."""
    read = _Read()
    read.feed(html)
    read.close()
    there = ((method, urlsplit(urljoin(f"http://own{here}", address))) for method, address in read.sent())
    return {(method, place.path) for method, place in there if place.netloc == "own"}


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._asked: list[tuple[str, str]] = []
        self._forms: list[dict[str, str]] = [{}]
        """The first: around what is in no form."""

        self._buttons: list[tuple[dict[str, str], dict[str, str]]] = []
        """With the form around each."""

    def sent(self) -> list[tuple[str, str]]:
        named = {form["id"]: form for form in self._forms if "id" in form}
        pairs = [(button, named.get(button.get("form", ""), around)) for button, around in self._buttons]
        return self._asked + [
            (form.get("method", "get").upper(), button.get("formaction") or form.get("action", ""))
            for button, form in pairs
            if form
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "disabled" in given:
            return
        if tag == "form":
            self._forms.append(given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._buttons.append((given, self._forms[-1]))
        elif tag == "a" and "href" in given:
            self._asked.append(("GET", given["href"]))
        if tag != "form":
            self._asked += ((method, given[name]) for name, method in _BY_SCRIPT.items() if name in given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._forms.append({})
