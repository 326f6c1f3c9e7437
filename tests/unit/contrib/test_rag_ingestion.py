"""Exports become posts, and channels one stream."""

import json
from datetime import timedelta

import pytest
from rag_exports import HARBOUR, MARKET, message

from loom.contrib.rag.ingestion import TelegramIngestor
from loom.contrib.rag.mux import StreamMux, merge_from_ingestors
from loom.contrib.rag.schemas import ChannelEditorProfile, Language, MuxWindowConfig
from loom.contrib.rag.tools import describe_windows, normalize, tumbling_windows
from loom.core.errors import InputError


def posts(path, **options):
    return TelegramIngestor(path, **options).load().ingest_all()


def test_a_post_keeps_who_when_and_what(export):
    reactions = [{"type": "emoji", "count": 3, "emoji": "👍"}]
    text = [
        "Bridge closed, see ",
        {"type": "link", "text": "https://example.org/bridge"},
        " #traffic @council",
    ]
    path = export(
        messages=[message(5, text, reactions=reactions, edited="2026-01-02T00:00:00", photo="p.jpg")]
    )

    (post,) = posts(path)

    assert (post.global_id, post.source_channel_name) == (f"{HARBOUR}:5", "Harbour Gazette")
    assert post.timestamp.isoformat() == "2026-01-01T05:00:00+00:00"
    assert post.timestamp_unix == 1_767_243_600
    assert post.links == ["https://example.org/bridge"]
    assert (post.hashtags, post.mentions) == (["traffic"], ["council"])
    assert (post.reaction_total, post.reaction_breakdown) == (3, {"👍": 3})
    assert post.was_edited
    assert post.has_photo


def test_what_is_no_post_is_left_out_and_what_cannot_be_read_is_counted(export):
    ingestor = TelegramIngestor(
        export(
            messages=[
                {"id": 1, "type": "service", "action": "pin_message"},
                message(2, ""),
                message(3, "short"),
                message(4, "A message whose time is none", date_unixtime="soon"),
                {"type": "message", "text": "a message without a number"},
                message(6, "The one that counts."),
            ]
        )
    ).load()

    assert [post.message_id for post in ingestor.ingest()] == [6]
    assert ingestor.unreadable == 2


def test_pictures_without_words_are_kept_or_left_out_as_wished(export):
    path = export(messages=[message(1, "", photo="a.jpg"), message(2, "")])

    assert [post.message_id for post in posts(path, skip_empty=False)] == [1, 2]
    assert [post.message_id for post in posts(path, skip_empty=False, skip_media_only=True)] == [2]


def test_an_editor_says_the_language_where_letters_do_not(export):
    path = export(messages=[message(1, "2026 / 2027 / 2028")])
    profile = ChannelEditorProfile(channel_id=HARBOUR, channel_name="h", language=Language.ARABIC)

    assert posts(path, editor_profile=profile)[0].language is Language.ARABIC
    assert posts(path)[0].language is Language.UNKNOWN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ('{"chats": {"list": []}}', "whole account"),
        ('{"messages": []}', "'name' is no export"),
        ("[]", "no export"),
    ],
)
def test_a_file_that_is_no_export_says_what_to_do(tmp_path, content, said):
    path = tmp_path / "other.json"
    path.write_text(content)

    with pytest.raises(InputError, match="Telegram Desktop") as refused:
        TelegramIngestor(path).load()

    assert said in str(refused.value)


def test_nothing_is_taken_before_it_is_loaded(export):
    with pytest.raises(RuntimeError, match="load"):
        TelegramIngestor(export()).ingest_all()


@pytest.mark.parametrize(
    ("text", "clean", "language"),
    [
        ("قيمت  نان ۱۲ تومان گران شد 📈\n\n@city_news", "قیمت نان 12 تومان گران شد", Language.PERSIAN),
        ("ارتفع سعر الخبز ٢٠ ديناراً", "ارتفع سعر الخبز 20 ديناراً", Language.ARABIC),
        ("Rain.\u202e\n\n\n\nMore rain \x00 today", "Rain.\n\nMore rain today", Language.ENGLISH),
        ("باران و سیل در شمال rain and flood in the north", None, Language.MIXED),
    ],
)
def test_texts_are_cleaned_in_three_languages(text, clean, language):
    found = normalize(text)

    assert found.language_hint is language
    assert found.text_clean == (clean or text)
    assert found.text_raw == text


def test_a_footer_of_handles_goes_and_a_sentence_stays():
    footer = "Join us: @harbour\nhttps://t.me/harbour\n🌊"

    assert normalize(f"The harbour is open.\n{footer}").text_clean == "The harbour is open."
    assert normalize("The harbour is open, says @harbour today.").text_clean.endswith("today.")
    assert normalize("@harbour").text_clean == "@harbour"


def test_a_zero_width_joiner_in_a_persian_word_stays():
    assert normalize("می\u200cرود به شهر پاک").text_clean.startswith("می\u200cرود")
    assert normalize("می\u200cرود به شهر پاک", preserve_zwnj=False).text_clean.startswith("می رود")


def test_channels_are_merged_in_order_of_time(export):
    stream = merge_from_ingestors([TelegramIngestor(export(one)).load() for one in (HARBOUR, MARKET)])

    assert [entry.global_id for entry in stream.entries] == [
        f"{channel}:{number}" for number in (0, 1) for channel in (MARKET, HARBOUR)
    ]
    assert [entry.mux_seq for entry in stream.entries] == [0, 1, 2, 3]
    assert (stream.channel_count, stream.time_span_hours, stream.window_ids) == (2, 1.0, [])


def test_windows_begin_at_the_midnight_of_their_time_zone(export):
    every = posts(export(messages=[message(number, f"Post number {number}.") for number in range(48)]))
    config = MuxWindowConfig(window_duration=timedelta(hours=24), require_multi_channel=False)

    stream = StreamMux().add_stream(every).merge(config)

    assert stream.window_config == config
    assert stream.window_ids[0].startswith("2026-01-01T00:00:00+03:30")
    assert [len(entries) for entries in stream.windows().values()] == [21, 24, 3]


def test_overlapping_windows_hold_a_post_once_each(export):
    every = posts(export(messages=[message(number, f"Post number {number}.") for number in range(4)]))
    config = MuxWindowConfig(
        window_duration=timedelta(hours=2),
        step=timedelta(hours=1),
        align_to_midnight=False,
        require_multi_channel=False,
    )

    windows = StreamMux().add_stream(every).merge(config).windows()

    held = [[entry.post.message_id for entry in entries] for entries in windows.values()]
    assert held == [[0, 1], [1, 2], [2, 3], [3]]


def test_a_window_of_one_channel_is_none_and_loses_no_post(export):
    stream = StreamMux().add_stream(posts(export())).merge(MuxWindowConfig())

    assert stream.total_entries == 2
    assert list(stream.windows()) == ["__unwindowed__"]


def test_a_post_that_comes_twice_counts_once_as_it_came_last(export):
    first, second = (
        posts(export(messages=[message(1, "As it was first.")])),
        posts(export(messages=[message(1, "As it was edited.")])),
    )

    stream = StreamMux().add_stream(first).add_stream(second).merge()

    assert [entry.text for entry in stream.entries] == ["As it was edited."]


def test_no_stream_cannot_be_merged():
    with pytest.raises(ValueError, match="No streams registered"):
        StreamMux().add_stream([]).merge()


def test_a_step_that_would_multiply_posts_without_end_is_refused():
    with pytest.raises(ValueError, match="1000 windows"):
        MuxWindowConfig(step=timedelta(milliseconds=1))


def test_windows_describe_themselves(export):
    found = describe_windows(tumbling_windows(posts(export()), timedelta(minutes=30)))

    assert (found["total_windows"], found["total_items"], found["max_items"]) == (2, 2, 1)
    assert json.dumps(found)
