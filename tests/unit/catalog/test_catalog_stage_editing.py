"""A stage is edited in the text of its author: nothing else of it changes, or nothing is saved."""

from difflib import unified_diff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.catalog.pipelines.editing import edited
from loom.catalog.pipelines.edits import Branch, Insert, Remove, Rename, Swap, applied
from loom.core.errors import ConfigError, UsageError
from loom.core.yamlfile import parse_yaml

TEXT = """# Incoming mail.
name: intake
pipeline_stages:
  # Sorts it.
  - name: sort   # the first
    worker_type: 'sorter'  # a type
    input_mapping: {text: goal.context.text}
    # tier: local

  # Answers it.
  - name: answer
    worker_type: writer
    input_mapping:
      topic: sort.output.topic
    condition: "sort.output.ok == true"

  - name: check
    worker_type: checker
    depends_on: [answer]
# The end.
timeout_seconds: 30   # seconds
"""
FLOW = """name: intake
pipeline_stages: [{name: sort, worker_type: w}, {"name": "check", "worker_type": "v", "depends_on": [sort]},
  {name: log, worker_type: q}]
"""


def change(text, edit):
    """The lines that went (-) and came (+)."""
    lines = text.splitlines(), edited(text, edit, "intake.yaml").splitlines()
    return [line for line in unified_diff(*lines, n=0, lineterm="") if line[:3] not in ("---", "+++", "@@ ")]


def test_a_stage_goes_behind_the_named_one_as_its_author_wrote_it():
    spelling = "# Mine.\nname: log # every mail\nworker_type: logger\n"
    stage = {"name": "log", "worker_type": "logger"}
    assert change(TEXT, Insert(stage, "sort", spelling)) == [
        "+",
        "+  # Mine.",
        "+  - name: log # every mail",
        "+    worker_type: logger",
    ]
    around = "    # tier: local\n\n  # Mine.\n", "    worker_type: logger\n\n  # Answers it.\n"
    assert all(lines in edited(TEXT, Insert(stage, "sort", spelling), "f") for lines in around)


def test_without_a_neighbour_a_stage_is_the_last_and_comes_before_the_comment_of_the_next_key():
    stage = {"name": "log", "worker_type": "logger", "input_mapping": {"text": "check.output.a", "t": "'x'"}}
    text = edited(TEXT, Insert(stage), "intake.yaml")
    added = "  - name: log\n    worker_type: logger\n    input_mapping:\n      text: check.output.a\n      t: \"'x'\"\n"
    assert f"\n\n{added}# The end.\n" in text


@pytest.mark.parametrize(
    "spelling", ["- name: log\n  worker_type: w\n", "---\n{name: log, worker_type: w}\n...\n"]
)
def test_a_stage_may_be_written_as_a_list_of_one_or_in_braces(spelling):
    text = edited(TEXT, Insert({"name": "log", "worker_type": "w"}, None, spelling), "intake.yaml")
    assert parse_yaml(text).value["pipeline_stages"][-1] == {"name": "log", "worker_type": "w"}


def test_a_removed_stage_takes_its_comments_with_it():
    gone = change(TEXT.replace("depends_on: [answer]", "# last"), Remove("answer"))
    assert [line[0] for line in gone] == ["-"] * 7
    assert gone[0] == "-  # Answers it."


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("sort", "'answer' depends on it"),
        ("answer", "'check' depends on it .its depends_on"),
        ("x", "not found"),
    ],
)
def test_a_stage_that_others_wait_for_stays(stage, said):
    with pytest.raises(UsageError, match=said):
        edited(TEXT, Remove(stage), "intake.yaml")


def test_another_worker_keeps_quotes_and_comments_and_a_tier_gets_a_line():
    assert change(TEXT, Swap("sort", "triage", "frontier")) == [
        "-    worker_type: 'sorter'  # a type",
        "+    worker_type: 'triage'  # a type",
        "+    tier: frontier",
    ]


def test_a_tier_under_its_old_name_is_changed_there():
    text = TEXT.replace("# tier: local", "model_tier: local")
    assert "+    model_tier: standard" in change(text, Swap("sort", "sorter", "standard"))


def test_a_new_name_is_followed_wherever_the_stage_is_read():
    assert [line for line in change(TEXT, Rename("sort", "triage")) if line[0] == "+"] == [
        "+  - name: triage   # the first",
        "+      topic: triage.output.topic",
        '+    condition: "triage.output.ok == true"',
    ]
    assert "+    depends_on: [reply]" in change(TEXT, Rename("answer", "reply"))


def test_a_parallel_branch_reads_from_nothing_but_the_goal():
    fine = {"name": "log", "worker_type": "w", "input_mapping": {"text": "goal.context.text"}}
    assert "+  - name: log" in change(TEXT, Branch(fine))
    for wrong in (
        {"input_mapping": {"a": "sort.output.b"}},
        {"depends_on": ["sort"]},
        {"condition": "sort.x == 1"},
    ):
        with pytest.raises(UsageError, match="cannot depend on another stage"):
            edited(TEXT, Branch({"name": "log", "worker_type": "w", **wrong}), "intake.yaml")


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (
            Insert({"name": "x", "worker_type": "y"}, "sort"),
            ', {"name": "x", "worker_type": "y"}, {"name": "check"',
        ),
        (Remove("check"), "[{name: sort, worker_type: w}, {name: log, worker_type: q}]"),
        (Remove("log"), '"depends_on": [sort]}]\n'),
        (Swap("sort", "z", "local"), "{name: sort, worker_type: z, tier: local}"),
        (Swap("check", "z", "local"), '"worker_type": "z", "tier": "local", "depends_on"'),
    ],
)
def test_stages_in_brackets_are_edited_too(edit, text):
    assert text in edited(FLOW, edit, "intake.yaml")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Insert({"name": "sort", "worker_type": "w"}), "is the name of a stage already"),
        (Insert({"name": "x", "worker_type": "w"}, "ghost"), "not found among the stages"),
        (Insert({"name": "x"}), "missing"),
        (Insert({"name": "x", "worker_type": "w", "depends_on": ["ghost"]}), "unknown stage"),
        (Swap("sort", "w", "huge"), "'huge'"),
        (Rename("sort", "check"), "is the name of a stage already"),
        (Rename("sort", "a.b"), "cannot contain a dot"),
        (Swap("ghost", "w"), "not found among the stages"),
    ],
)
def test_what_would_be_no_valid_pipeline_is_refused_with_why(edit, said):
    with pytest.raises((UsageError, ConfigError), match=said):
        edited(TEXT, edit, "intake.yaml")


def test_the_only_stage_cannot_be_removed():
    with pytest.raises(ConfigError, match="empty list"):
        edited("name: p\npipeline_stages:\n  - {name: a, worker_type: w}\n", Remove("a"), "p.yaml")


def test_a_layout_that_cannot_be_edited_piece_by_piece_is_refused_and_says_so():
    shared = "name: p\nx: &w sorter\npipeline_stages:\n  - {name: a, worker_type: *w}\n"
    with pytest.raises(ConfigError, match="laid out in a way that cannot be edited"):
        edited(shared, Swap("a", "other"), "p.yaml")


@pytest.mark.parametrize("text", [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.rstrip()])
def test_line_ends_and_marks_of_the_file_stay_what_they_are(text):
    new = edited(text, Insert({"name": "log", "worker_type": "w"}), "intake.yaml")
    assert new.startswith(text[:200])
    assert new.count("\n") - new.count("\r\n") in (0, new.count("\n"))
    assert parse_yaml(new).value["pipeline_stages"][-1]["name"] == "log"


@st.composite
def _pipelines(draw):
    """Texts in many layouts, their stages in a row; each has a comment of its own."""
    pad = draw(st.sampled_from(["", "  ", "    "]))
    dash = draw(st.sampled_from(["- ", "-   "]))
    gap = draw(st.sampled_from(["", "\n", "\n\n"]))
    lines = []
    for number in range(draw(st.integers(1, 5))):
        keys = [
            f"name: s{number} # n{number}",
            draw(st.sampled_from(["worker_type: w", "'worker_type': \"w\""])),
        ]
        keys += draw(
            st.sampled_from([[], ["description: |", "  Text.", "", "  # no comment"], ["tier: local"]])
        )
        above = draw(st.sampled_from(["", f"{pad}# above {number}\n"]))
        inner = [f"{pad}{' ' * len(dash)}{key}" if key else "" for key in keys]
        lines.append(f"{above}{pad}{dash}{keys[0]}\n" + "\n".join(inner[1:]) + "\n")
    after = draw(st.sampled_from(["", "# after\ntimeout_seconds: 3\n"]))
    return f"name: p\npipeline_stages: # list\n{gap.join(lines)}{gap}{after}"


@given(_pipelines(), st.data())
def test_whatever_the_layout_an_edit_says_what_it_should_and_no_other_line_changes(text, data):
    before = parse_yaml(text).value
    names = [stage["name"] for stage in before["pipeline_stages"]]
    name = data.draw(st.sampled_from(names))
    edits = [
        Insert({"name": "new", "worker_type": "x"}, name),
        Swap(name, "other", "frontier"),
        Rename(name, "new"),
    ]
    edit = data.draw(st.sampled_from(edits + ([Remove(name)] if len(names) > 1 else [])))
    new = edited(text, edit, "p.yaml")
    assert parse_yaml(new).value == applied(before, edit)
    lost = [line for line in text.splitlines() if line.strip() and line not in new.splitlines()]
    if isinstance(edit, Insert):
        assert lost == []
    elif not isinstance(edit, Remove):
        assert len(lost) <= 2
    elif "# after" in text:
        assert "# after" in new
