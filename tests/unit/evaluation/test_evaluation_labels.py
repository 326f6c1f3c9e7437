"""What people say of outputs: sheets, ratings, and judges held against them."""

import csv
import io

import pytest

from loom.access.models import LOCAL
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import ConfigError, UsageError
from loom.evaluation.judging.label_files import SheetFormat, read_labels, write_sheet
from loom.evaluation.judging.labels import Labels
from loom.evaluation.tables import rating

TEXTS = ("a", "b", "wrong", "=1+1")


@pytest.fixture
def labels(lab):
    return Labels(lab.database, lab.clock, lab.reports)


def filled(rows, ratings, rater="ann"):
    """The sheet of `rows` as somebody filled it in."""
    sheet = list(csv.DictReader(io.StringIO("".join(write_sheet(rows, SheetFormat.CSV)))))
    for row, said in zip(sheet, ratings, strict=True):
        row.update(rating=said, rater=rater)
    out = io.StringIO()
    writer = csv.DictWriter(out, sheet[0].keys())
    writer.writeheader()
    writer.writerows(sheet)
    return out.getvalue()


async def test_a_sheet_has_each_output_once_and_no_score(lab, suite, labels):
    report = await lab.run(suite(*TEXTS, "refused"), repetitions=3)
    rows = await labels.sheet(report.run, None, 0)
    assert [row.case for row in rows] == ["a#0", "b#1", "wrong#2", "=1+1#3"]
    text = "".join(write_sheet(rows, SheetFormat.CSV))
    assert text.splitlines()[0] == "execution,case,input,expected,output,rating,rater,note"
    assert "'=1+1#3" in text


async def test_a_sample_is_drawn_by_its_seed(lab, suite, labels):
    report = await lab.run(suite(*(f"t{n}" for n in range(30))))
    draws = [[row.case for row in await labels.sheet(report.run, 5, seed)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) == 5


@pytest.mark.parametrize("spelling", SheetFormat)
async def test_ratings_come_back_from_either_spelling(lab, suite, labels, spelling):
    rows = await labels.sheet((await lab.run(suite("a"))).run, None, 0)
    text = "".join(write_sheet(rows, spelling)).replace('"rating": ""', '"rating": 0.25')
    text = text.replace(",,,", ",0.25,,")
    [label] = read_labels(text, "f", "ann")
    assert (label.execution.hex(), label.value, label.rater) == (rows[0].execution, 0.25, "ann")


@pytest.mark.parametrize(
    ("word", "value"), [("pass", 1.0), ("FAIL", 0.0), (" yes ", 1.0), ("0,5", 0.5), ("1", 1.0), ("down", 0.0)]
)
def test_ratings_are_read_as_people_write_them(word, value):
    [label] = read_labels(f"execution;rating\n{'0' * 32};{word}\n", "f", "ann")
    assert label.value == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("execution,rating\n", "holds no rating"),
        ("case,score\na,1\n", "no column execution and no column rating"),
        (f"execution,rating\n{'0' * 32},great\n", "f:2: 'rating' is not a rating (got 'great')"),
        (f"execution,rating\n{'0' * 32},1.5\n", "is not a rating"),
        (f"execution,rating\n{'0' * 32},nan\n", "is not a rating"),
        ("execution,rating\nzz,1\n", "f:2: 'execution' is not an execution"),
        (f'{{"execution": "{"0" * 32}", "rating": 1}}\n{{oops\n', "f:2: is not JSON"),
        ("[1]\n", "no column"),
    ],
)
def test_what_is_wrong_in_a_sheet_is_said_with_its_line(text, why):
    with pytest.raises(ConfigError) as refused:
        read_labels(text, "f", "ann")
    assert why in str(refused.value)


def test_a_rating_without_a_rater_is_refused():
    with pytest.raises(ConfigError, match="fill in who rated, or give --rater NAME"):
        read_labels(f"execution,rating\n{'0' * 32},1\n", "f", None)


async def test_ratings_are_kept_once_and_the_last_word_of_a_rater_holds(lab, suite, labels, database, rows):
    report = await lab.run(suite("a", "b"))
    sheet = await labels.sheet(report.run, None, 0)
    for said, new in ((("1", "0"), 2), (("1", "0"), 0), (("1", "1"), 1)):
        kept = await labels.keep(read_labels(filled(sheet, said), "f", None), "f", LOCAL)
        assert (kept.new, kept.new + kept.unchanged, kept.runs) == (new, 2, (report.run.id,))
    assert len(rows(database, rating)) == 3
    [rated] = (await lab.report(report.run.job)).rated
    assert (rated.rater, rated.outputs, rated.mean) == ("ann", 2, 1.0)


async def test_ratings_of_what_is_not_here_are_refused_and_nothing_is_kept(
    lab, suite, labels, database, rows
):
    report = await lab.run(suite("a", "refused"))
    sheet = filled(await labels.sheet(report.run, None, 0), ["1"])
    text = f"{sheet}{'0' * 32},x,,,,1,ann,\n"
    with pytest.raises(ConfigError, match="f:3: 'execution' is no execution with an output here"):
        await labels.keep(read_labels(text, "f", None), "f", LOCAL)
    assert rows(database, rating) == []


async def test_a_run_without_outputs_has_nothing_to_rate(lab, suite, labels):
    with pytest.raises(UsageError, match="has no output to rate"):
        await labels.sheet((await lab.run(suite("refused"))).run, None, 0)


async def test_people_are_the_scores_of_human_rating_in_every_run_with_that_output(lab, suite, labels):
    scorer = ({"scorer": "human_rating", "scale": "thumbs"},)
    first = await lab.run(suite("a", "b", "c"), scorers=scorer)
    assert first.pass_rate.unscored == 3
    sheet = await labels.sheet(first.run, None, 0)
    for rater, said in (("ann", ["1", "0", ""]), ("bob", ["1", "0.5", ""])):
        await labels.keep(read_labels(filled(sheet, said, rater), "f", None), "f", LOCAL)
    second = await lab.run(suite("a", "b", "c"), scorers=scorer)
    assert await labels.apply(second.run) == 2
    report = await lab.report(second.run.job)
    assert (report.pass_rate.passed, report.pass_rate.n, report.pass_rate.unscored) == (1, 2, 1)
    assert next(iter(report.results)).scores["human_rating"] == (1.0, "rated by ann, bob")


async def test_another_output_of_the_same_case_is_not_rated(lab, suite, labels):
    scorer = ({"scorer": "human_rating", "scale": "share"},)
    first = await lab.run(suite("a"), scorers=scorer)
    sheet = await labels.sheet(first.run, None, 0)
    await labels.keep(read_labels(filled(sheet, ["1"]), "f", None), "f", LOCAL)
    lab.backend = ScriptedBackend('{"label":"another"}')
    second = await lab.run(suite("a"), scorers=scorer, use_cache=False)
    assert (await labels.apply(second.run), await labels.apply(first.run)) == (0, 1)


async def test_a_scorer_is_held_against_people(lab, suite, labels):
    report = await lab.run(suite(*(f"t{n}" for n in range(9)), "wrong"))
    assert [one.calibration for one in await labels.agreement(report.run)] == [None]
    sheet = await labels.sheet(report.run, None, 0)
    await labels.keep(read_labels(filled(sheet, ["1"] * 8 + ["0"] * 2), "f", None), "f", LOCAL)
    [one] = await labels.agreement(report.run)
    assert (one.scorer.name, one.calibration.n, one.calibration.agreement.value) == ("field_match", 10, 0.9)
