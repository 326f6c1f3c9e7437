"""Base URLs and keys as people write them."""

import pytest

from loom.calls.credential import Credential
from loom.calls.openai import OpenAIBackend
from loom.core.errors import InputError


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [
        ("http://h:1", "http://h:1/v1"),
        ("http://h:1/", "http://h:1/v1"),
        ("http://h:1/v1", "http://h:1/v1"),
        ("http://H:1/v1/", "http://h:1/v1"),
        ("https://h:443/api", "https://h/api/v1"),
        ("https://h/openai/v1/chat/completions", "https://h/openai/v1"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_the_version_is_added_once(base_url, origin):
    assert OpenAIBackend(base_url).origin == origin


@pytest.mark.parametrize(
    "base_url",
    ["h:1", "ftp://h", "http://", "http://h:x", "http://me:pw@h", "http://h?key=1", "http://[::1"],
)
def test_what_is_no_address_is_refused_without_showing_a_password(base_url):
    with pytest.raises(InputError) as caught:
        OpenAIBackend(base_url)
    assert "pw" not in str(caught.value)


def test_a_key_with_a_line_break_is_refused_without_being_shown():
    with pytest.raises(InputError) as caught:
        Credential("sk-secret\n", "MY_KEY")
    assert "MY_KEY" in str(caught.value)
    assert "sk-secret" not in str(caught.value)
    assert "sk-secret" not in repr(Credential("sk-secret"))
