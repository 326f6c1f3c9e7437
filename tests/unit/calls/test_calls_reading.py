"""An answer's bytes as a JSON object, however an endpoint spells it."""

import pytest

from loom.calls.reading import as_object
from loom.core.errors import ProviderError


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\xc3\xa9"}',
        b' \n{"a": "\\u00e9"}\r\n',
        b'\xef\xbb\xbf{"a": "\xc3\xa9"}',
        '{"a": "é"}'.encode("utf-16"),
        b'[{"a": "\xc3\xa9"}]',
    ],
    ids=["plain", "blanks around it", "a mark before it", "UTF-16", "in a list"],
)
def test_an_object_is_read_however_it_is_spelled(body: bytes) -> None:
    assert as_object(body) == {"a": "é"}


@pytest.mark.parametrize("body", [b"", b"\xff", b'{"a": 1} and more', b'"a"', b"[" * 100_000])
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(ProviderError, match="the endpoint's answer is not"):
        as_object(body)
