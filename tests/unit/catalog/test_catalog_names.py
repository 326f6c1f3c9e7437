"""Names are safe file names on every system, or refused with what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.catalog.names import require_new, require_safe
from loom.core.errors import UsageError


@pytest.mark.parametrize("name", ["a", "classifier_2", "Reply-Writer", "переводчик", "7days", "n" * 80])
def test_letters_digits_underscores_and_hyphens_make_a_name(name):
    require_safe(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("..", "would lead to another folder"),
        (".", "would lead to another folder"),
        ("../x", "would lead to another folder"),
        ("a/b", "would lead to another folder"),
        ("a\\b", "would lead to another folder"),
        ("c:x", "would lead to another folder"),
        ("/etc/passwd", "would lead to another folder"),
        ("%2e%2e", "escapes are not decoded"),
        ("a\0b", "a character that no file name may have"),
        ("a\nb", "a character that no file name may have"),
        ("a\ud800", "a character that no file name may have"),
        ("a\u202eb", "is no name"),
        ("a b", "is no name"),
        ("a.b", "is no name"),
        ("a*", "is no name"),
        ("~a", "is no name"),
        ("-rf", "begin with a letter"),
        ("_template", "begin with a letter"),
        ("con", "Windows"),
        ("NUL", "Windows"),
        ("Com7", "Windows"),
        ("n" * 81, "longer than 80"),
        ("ﬁnder", "write 'finder'"),
        ("\uff53orter", "write 'sorter'"),
        ("e\u0301tude", "write 'étude'"),
    ],
)
def test_what_is_no_safe_name_is_refused_with_why(name, said):
    with pytest.raises(UsageError, match=said):
        require_safe(name)


@pytest.mark.parametrize(
    ("name", "said"), [("sorter", "exists already"), ("Sorter", "only in case"), ("STRASSE", "only in case")]
)
def test_a_name_that_some_system_takes_for_another_is_refused(name, said):
    with pytest.raises(UsageError, match=said):
        require_new(name, ["sorter", "straße"])


@given(st.text(max_size=90))
def test_whatever_is_accepted_stays_in_its_folder(name):
    try:
        require_safe(name)
    except UsageError:
        return
    path = Path("/home/configs/workers") / f"{name}.yaml"
    assert path.parent == Path("/home/configs/workers")
    assert path.stem == name
    assert len(path.name.encode()) <= 255
