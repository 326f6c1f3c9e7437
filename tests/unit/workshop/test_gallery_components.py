"""The component gallery: every component is there, escapes what it is given, and needs no inline style or script."""

import re
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment

from loom.workshop import rendering
from loom.workshop.pages.gallery import GalleryPage, gallery_page
from loom.workshop.pages.navigation import shell
from loom.workshop.styles import ORDER
from loom.workshop.views.actions import Header
from loom.workshop.views.cells import Number, Text
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.marks import IntervalMark, Scale, outcomes
from loom.workshop.views.tables import Column, Row, Sort, Table, sort

_WORKSHOP = Path(rendering.__file__).parent
_EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def _environment() -> Environment:
    return rendering._environment()


def _rendered(page: GalleryPage) -> str:
    frame = shell("/gallery", nonce="nonce", simulated=True)
    template = _environment().get_template("gallery/gallery.html")
    return template.render(page=page, shell=frame, asset=lambda name: f"/static/{name}")


def test_every_component_stands_in_the_gallery() -> None:
    macros = {name for name, macro in vars(_environment().globals["ui"]).items() if callable(macro)}
    gallery = (_WORKSHOP / "templates" / "gallery" / "gallery.html").read_text()
    base = (_WORKSHOP / "templates" / "base.html").read_text()
    assert macros - set(re.findall(r"\bui\.(\w+)\(", gallery + base)) == set()


def test_the_gallery_needs_no_inline_style_or_script() -> None:
    html = _rendered(gallery_page())
    assert not re.search(r"<[^>]*\s(style|on\w+)=", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_what_people_wrote_is_shown_and_never_runs() -> None:
    page = replace(gallery_page(), header=Header(_EVIL, meta=(_EVIL,)))
    html = _rendered(page)
    assert "<img src=x" not in html
    assert html.count("&lt;script&gt;alert(2)") == 2


def test_ids_are_unique_and_labels_lead_to_their_fields() -> None:
    html = _rendered(gallery_page())
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(set(ids)) == sorted(ids)
    assert set(re.findall(r'<label[^>]* for="([^"]+)"', html)) <= set(ids)


def test_every_file_of_styles_is_in_the_order() -> None:
    assert sorted(path.name for path in (_WORKSHOP / "static" / "css").glob("*.css")) == sorted(ORDER)


def test_a_rare_outcome_is_still_wide_enough_to_be_seen() -> None:
    segments = outcomes(passed=199_999, failed=1, errored=0, unscored=0).segments
    assert [segment.share.label for segment in segments] == ["Passed", "Failed"]
    assert float(segments[1].width.rstrip("%")) > 0.5
    assert sum(float(segment.width.rstrip("%")) for segment in segments) < 100.01


def test_an_interval_beyond_its_scale_sticks_to_the_ends() -> None:
    mark = IntervalMark(-1.0, 0.75, 3.0, Scale(0.5, 1.0), "")
    assert (mark.left, mark.middle, mark.right, mark.width) == ("0.00%", "50.00%", "100.00%", "100.00%")


def test_a_header_sorts_up_then_down() -> None:
    assert sort("name", "name", "/x?sort=").href == "/x?sort=-name"
    assert sort("-name", "name", "/x?sort=").href == "/x?sort=name"
    assert sort("name", "cost", "/x?sort=", descending_first=True) == Sort("/x?sort=-cost")


def test_the_twins_of_a_table_hold_numbers_and_defuse_formulas() -> None:
    table = Table(
        "t", (Column("name", "Name"), Column("n", "n")), (Row("1", (Text("=1+1"), Number("1,204", 1204))),)
    )
    assert as_json(table) == [{"id": "1", "name": "=1+1", "n": 1204}]
    assert as_csv(table).splitlines() == ["id,name,n", "1,'=1+1,1204"]
