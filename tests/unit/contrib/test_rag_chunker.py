"""Posts are cut into pieces: none too long, no word lost, each where it says it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.contrib.rag.chunker import ChunkConfig, chunk_post
from loom.contrib.rag.schemas import ChunkStrategy, NormalizedPost
from loom.core.errors import UsageError

TEXTS = st.text(alphabet=st.sampled_from("ab نشع. !؟\n•\u200cé🌊"), max_size=400)
CONFIGS = st.builds(
    lambda strategy, most, target, overlap, least: ChunkConfig(
        strategy, min(target, most), most, min(overlap, most - 1), min(least, most)
    ),
    st.sampled_from([one for one in ChunkStrategy if one is not ChunkStrategy.WHOLE_POST]),
    st.integers(1, 80),
    st.integers(1, 80),
    st.integers(0, 30),
    st.integers(0, 30),
)


def post(text: str) -> NormalizedPost:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return NormalizedPost(
        global_id="7:1",
        source_channel_id=7,
        source_channel_name="h",
        message_id=1,
        timestamp=at,
        text_clean=text,
    )


def texts(text: str, *sizes: int, **more: object) -> list[str]:
    return [
        chunk.text for chunk in chunk_post(post(text), ChunkConfig(ChunkStrategy.SENTENCE, *sizes, **more))
    ]


@given(TEXTS, CONFIGS)
def test_no_piece_is_too_long_and_each_stands_where_it_says(text, config):
    chunks = chunk_post(post(text), config)

    for number, chunk in enumerate(chunks):
        assert 0 < len(chunk.text) <= config.max_chars
        assert chunk.text == text[chunk.char_start : chunk.char_end]
        assert (chunk.chunk_id, chunk.chunk_index, chunk.total_chunks) == (
            f"7:1:{number}",
            number,
            len(chunks),
        )
        assert chunk.overlap_chars <= config.overlap_chars


@given(TEXTS, CONFIGS)
def test_no_word_is_lost_and_pieces_go_forward(text, config):
    chunks = chunk_post(post(text), config)

    covered = {place for chunk in chunks for place in range(chunk.char_start, chunk.char_end)}
    assert {place for place, sign in enumerate(text) if not sign.isspace()} <= covered
    ends = [chunk.char_end for chunk in chunks]
    assert ends == sorted(set(ends))


def test_sentences_of_three_languages_end_where_they_end():
    text = "Rain fell. Was it much? سیل آمد؟ مردم رفتند؛ تمام شد. ماذا حدث؟ لا شيء."

    assert texts(text, 1, 60, 0, 0) == [
        "Rain fell.",
        "Was it much?",
        "سیل آمد؟",
        "مردم رفتند؛",
        "تمام شد.",
        "ماذا حدث؟",
        "لا شيء.",
    ]


def test_short_sentences_share_a_piece_up_to_the_target():
    assert texts("One two. Three four. Five six.", 20, 40, 0, 0) == ["One two. Three four.", "Five six."]


def test_a_scrap_joins_its_neighbour_where_there_is_room():
    assert texts("A sentence of some length here. So.", 31, 40, 0, 20) == [
        "A sentence of some length here. So."
    ]


def test_pieces_overlap_in_whole_words():
    first, second = texts("alpha beta gamma delta. epsilon zeta.", 23, 40, 11, 0)

    assert (first, second) == ("alpha beta gamma delta.", "delta. epsilon zeta.")


def test_an_overlap_gives_way_where_there_is_no_room():
    assert texts("aaaa bbbb. cccc dddd eeee.", 10, 15, 9, 0) == ["aaaa bbbb.", "cccc dddd eeee."]


def test_a_word_longer_than_the_most_is_cut():
    assert texts("abcdefghij", 4, 4, 0, 0) == ["abcd", "efgh", "ij"]


def test_paragraphs_and_whole_posts_stay_together():
    text = "First one. Still first.\n\nSecond one."
    by = {
        strategy: [chunk.text for chunk in chunk_post(post(text), ChunkConfig(strategy, 24, 30, 0, 0))]
        for strategy in (ChunkStrategy.PARAGRAPH, ChunkStrategy.WHOLE_POST)
    }

    assert by[ChunkStrategy.PARAGRAPH] == ["First one. Still first.", "Second one."]
    assert by[ChunkStrategy.WHOLE_POST] == [text]


def test_a_blank_post_has_no_pieces():
    assert chunk_post(post(" \n ")) == []


def test_sizes_that_cannot_be_are_refused_all_at_once():
    with pytest.raises(UsageError) as refused:
        ChunkConfig(target_chars=700, max_chars=600, overlap_chars=600)

    assert [problem.field for problem in refused.value.problems] == ["target_chars", "overlap_chars"]
