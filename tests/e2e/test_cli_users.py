"""Users from the terminal, and the way back in for somebody who forgot their password."""

PASSWORD = b"a long way home\n"


def test_the_first_user_is_an_administrator_and_others_run(loom) -> None:
    assert "nobody has to log in" in loom("users", "list").out
    assert loom("users", "add", "Ann", given=PASSWORD).out == "Ann may admin.\n"
    assert loom("users", "add", "bob", given=PASSWORD).out == "bob may run.\n"
    assert loom("users", "add", "eve", "--role", "read", given=PASSWORD).status == 0
    assert loom("users", "list", "--json").json == [
        {"username": "ann", "role": "admin"},
        {"username": "bob", "role": "run"},
        {"username": "eve", "role": "read"},
    ]
    assert "ann" in loom("users", "list").out


def test_a_password_that_is_too_short_is_refused(loom) -> None:
    printed = loom("users", "add", "ann", given=b"short\n")
    assert (printed.status, "shorter than 8" in printed.errors) == (1, True)
    assert loom("users", "list", "--json").json == []


def test_a_role_that_there_is_not_is_refused(loom) -> None:
    assert loom("users", "add", "ann", "--role", "owner", given=PASSWORD).status == 2


def test_a_forgotten_password_is_replaced(loom) -> None:
    loom("users", "add", "ann", given=PASSWORD)
    assert loom("users", "password", "ann", given=b"another long way\n").status == 0
    assert loom("users", "password", "ann", given=b"\n").status == 1
    assert loom("users", "password", "bob", given=PASSWORD).status == 2


def test_users_are_removed_but_for_the_last_administrator(loom) -> None:
    loom("users", "add", "ann", given=PASSWORD)
    loom("users", "add", "bob", given=PASSWORD)
    assert loom("users", "remove", "BOB").status == 0
    printed = loom("users", "remove", "ann")
    assert (printed.status, "the only administrator" in printed.errors) == (3, True)
