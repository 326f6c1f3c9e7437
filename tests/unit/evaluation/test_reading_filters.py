"""The filter language of cases."""

import pytest

from loom.core.errors import UsageError
from loom.evaluation.models import Case, Split
from loom.evaluation.reading.filters import Field, Sign, parse_filter

CASE = Case(
    "refund-17", {"text": "Late parcel"}, {"label": "refund"}, ("Refund", "angry"), split=Split.VALIDATION
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tag:refund",
        '"late parcel"',
        "-tag:calm",
        "split:validation late",
        "name:refund tag:angry",
        "label",
    ],
)
def test_a_case_that_fulfils_every_term_is_let_through(text: str) -> None:
    assert parse_filter(text).admits(CASE)


@pytest.mark.parametrize("text", ["tag:calm", "-tag:refund", "split:train", "late early", 'name:"late"'])
def test_a_case_that_breaks_one_term_is_not(text: str) -> None:
    assert not parse_filter(text).admits(CASE)


def test_measured_values_are_read_with_their_units() -> None:
    terms = parse_filter("score<50% latency>=2s cost>$0.001 rep:3 scorer:llm_judge<0.4").terms
    assert [(one.field, one.sign, one.number) for one in terms] == [
        (Field.SCORE, Sign.LESS, 0.5),
        (Field.LATENCY, Sign.AT_LEAST, 2e6),
        (Field.COST, Sign.MORE, 1e6),
        (Field.REPETITION, Sign.EQUAL, 3),
        (Field.SCORER, Sign.LESS, 0.4),
    ]


def test_everything_that_is_wrong_is_told_with_its_column_and_how_to_mend_it() -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter('tga:refund score<high outcome:maybe "open')
    told = [(problem.column, problem.remedy) for problem in refused.value.problems]
    assert [column for column, _ in told] == [1, 12, 23, 37]
    assert told[0][1] == "did you mean 'tag'?"
    assert all(remedy for _, remedy in told)
