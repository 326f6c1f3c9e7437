"""Who is let in, and who is not any more, over every kind of database."""

import pytest
from access_door import PASSWORD, Door

from loom.access.doorway import Setup, Try
from loom.access.identity import LOGIN_IDLE_S, LOGIN_LIFE_S
from loom.access.keys import NewKey
from loom.access.models import GUEST, LOCAL, Credentials, PrincipalKind, Role
from loom.access.passwords import Passwords
from loom.access.people import NewPassword, NewUser
from loom.access.system.service import SystemSettingsService
from loom.core.errors import ConflictError, ForbiddenError, InputError, ThrottledError, UnauthenticatedError

HOUR = 3600


async def test_this_machine_is_let_in_until_there_is_an_administrator(door: Door) -> None:
    assert await door.who(here=True) == LOCAL
    assert await door.who() is None
    await door.admin()
    assert await door.who(here=True) is None


async def test_a_bearer_that_does_not_hold_is_nobody_even_on_this_machine(door: Door) -> None:
    assert await door.who(bearer="loom_wrong", here=True) is None
    assert await door.who(session="stale", here=True) == LOCAL


async def test_setup_needs_the_token_of_the_console_unless_on_this_machine(door: Door) -> None:
    stranger = Try("eve", PASSWORD, "6.6.6.6")
    for token in (None, "", "guess"):
        with pytest.raises(ForbiddenError):
            await door.access.doorway.setup(Setup(stranger, token))
    entered = await door.access.doorway.setup(Setup(Try("Ann ", PASSWORD, "local"), loopback=True))
    assert (entered.principal.name, entered.principal.role) == ("ann", Role.ADMIN)
    assert await door.who(entered.session) == entered.principal


async def test_setup_is_closed_once_there_is_an_administrator(door: Door) -> None:
    await door.admin()
    with pytest.raises(ConflictError):
        await door.access.doorway.setup(Setup(Try("eve", PASSWORD, "local"), loopback=True))


async def test_two_setups_at_once_make_one_administrator(door: Door) -> None:
    import asyncio

    wishes = [Setup(Try(name, PASSWORD, "local"), loopback=True) for name in ("ann", "eve")]
    ends = await asyncio.gather(*map(door.access.doorway.setup, wishes), return_exceptions=True)
    assert sorted(isinstance(end, ConflictError) for end in ends) == [False, True]


async def test_setup_says_everything_that_is_wrong(door: Door) -> None:
    with pytest.raises(InputError) as caught:
        await door.access.doorway.setup(Setup(Try("../x", "short", "local"), loopback=True))
    assert [problem.field for problem in caught.value.problems] == ["username", "password"]


async def test_a_login_is_known_until_its_logout(door: Door) -> None:
    bob = await door.user(await door.admin())
    session = await door.login("BOB")
    assert await door.who(session) == bob
    await door.access.doorway.logout(session, bob)
    assert await door.who(session) is None


async def test_each_login_has_a_cookie_of_its_own_and_ends_the_one_the_browser_had(door: Door) -> None:
    await door.user(await door.admin())
    first = await door.login()
    second = await door.login(session=first)
    fixed = await door.login(session="chosen by someone else")
    assert len({first, second, fixed, "chosen by someone else"}) == 4
    assert await door.who(first) is None
    assert await door.who("chosen by someone else") is None
    assert await door.who(second)


async def test_only_hashes_are_kept(door: Door, rows) -> None:
    from loom.access.tables import api_key, login, user

    admin = await door.admin()
    session, key = await door.login("ann"), await door.key(admin)
    kept = repr([rows(door.database, table) for table in (api_key, login, user)])
    assert not any(secret in kept for secret in (PASSWORD, session, key))
    assert "$argon2id$" in kept


async def test_a_login_ends_when_it_is_not_used_for_long(door: Door) -> None:
    await door.user(await door.admin())
    session = await door.login()
    await door.clock.advance(LOGIN_IDLE_S + 1)
    assert await door.who(session) is None


async def test_a_login_that_is_used_lasts_longer_but_not_for_ever(door: Door) -> None:
    await door.user(await door.admin())
    session = await door.login()
    used = 0
    while await door.who(session):
        await door.clock.advance(LOGIN_IDLE_S - HOUR)
        used += LOGIN_IDLE_S - HOUR
    assert LOGIN_IDLE_S * 2 < used < LOGIN_LIFE_S + LOGIN_IDLE_S


async def test_logging_out_everywhere_ends_every_login_and_token(door: Door) -> None:
    bob = await door.user(await door.admin())
    sessions = [await door.login(), await door.login()]
    token = await door.token()
    assert await door.who(bearer=token) == bob
    await door.access.doorway.logout_everywhere(bob)
    assert [await door.who(session) for session in sessions] == [None, None]
    assert await door.who(bearer=token) is None


async def test_a_new_password_ends_other_logins_and_the_old_password(door: Door) -> None:
    bob = await door.user(await door.admin())
    mine, other = await door.login(), await door.login()
    token = await door.token()
    await door.access.users.change_password(NewPassword(PASSWORD, "another long way", mine), bob)
    assert (await door.who(mine), await door.who(other), await door.who(bearer=token)) == (bob, None, None)
    with pytest.raises(UnauthenticatedError):
        await door.login()
    assert await door.login(password="another long way")


async def test_the_old_password_is_asked_for_and_cannot_be_tried_for_ever(door: Door) -> None:
    bob = await door.user(await door.admin())
    wish = NewPassword("a wrong one", "another long way")
    for _ in range(5):
        with pytest.raises(InputError, match="is not your password"):
            await door.access.users.change_password(wish, bob)
    with pytest.raises(ThrottledError):
        await door.access.users.change_password(wish, bob)


async def test_a_reset_password_ends_all_logins(door: Door) -> None:
    admin = await door.admin()
    bob = await door.user(admin)
    session = await door.login()
    await door.access.users.reset_password(bob.user, "chosen by ann", admin)
    assert await door.who(session) is None
    assert await door.login(password="chosen by ann")


async def test_a_password_that_changes_while_one_logs_in_with_the_old_one_is_not_outrun(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await door.admin()
    bob = await door.user(admin)
    fits = Passwords.fits

    async def meanwhile(self: Passwords, password: str, kept: str | None) -> bool:
        fitted = await fits(self, password, kept)
        await door.access.users.reset_password(bob.user, "chosen by ann", admin)
        return fitted

    monkeypatch.setattr(Passwords, "fits", meanwhile)
    with pytest.raises(UnauthenticatedError, match="changed at the same moment"):
        await door.login()


async def test_a_changed_role_and_a_removal_hold_at_once(door: Door) -> None:
    admin = await door.admin()
    bob = await door.user(admin, role=Role.ADMIN)
    session, key = await door.login(), await door.key(bob, Role.ADMIN)
    await door.access.users.set_role(bob.user, Role.READ, admin)
    assert (await door.who(session)).role is (await door.who(bearer=key)).role is Role.READ
    await door.access.users.remove(bob.user, admin)
    assert (await door.who(session), await door.who(bearer=key)) == (None, None)
    assert [one.revoked_us is not None for one in await door.access.keys.all(admin)] == [True]


async def test_one_administrator_stays(door: Door) -> None:
    admin = await door.admin()
    for change in (
        door.access.users.remove(admin.user, admin),
        door.access.users.set_role(admin.user, Role.RUN, admin),
    ):
        with pytest.raises(ConflictError, match="the only administrator"):
            await change


async def test_two_administrators_cannot_demote_each_other_at_once(door: Door) -> None:
    import asyncio

    ann = await door.admin()
    bob = await door.user(ann, role=Role.ADMIN)
    ends = await asyncio.gather(
        door.access.users.set_role(bob.user, Role.READ, ann),
        door.access.users.set_role(ann.user, Role.READ, bob),
        return_exceptions=True,
    )
    assert sorted(isinstance(end, ConflictError) for end in ends) == [False, True]
    assert await door.access.has_admin()


async def test_the_first_user_is_an_administrator(door: Door) -> None:
    with pytest.raises(InputError, match="would be the only user"):
        await door.user(LOCAL)


@pytest.mark.parametrize("name", ["ann", "ANN ", "local", "guest", "a b", "../up", "", "x" * 65, "a\x00"])
async def test_names_that_are_taken_or_none_are_refused(door: Door, name: str) -> None:
    with pytest.raises(InputError) as caught:
        await door.user(await door.admin(), name)
    assert caught.value.problems[0].field == "username"


@pytest.mark.parametrize("role", [Role.READ, Role.RUN])
async def test_only_administrators_see_and_change_users_keys_and_the_record(door: Door, role: Role) -> None:
    admin = await door.admin()
    bob = await door.user(admin, role=role)
    users, keys = door.access.users, door.access.keys
    made = await keys.add(NewKey("ci", Role.RUN), admin)
    for call in (
        users.all(bob),
        users.add(NewUser("eve", PASSWORD, Role.ADMIN), bob),
        users.set_role(bob.user, Role.ADMIN, bob),
        users.reset_password(admin.user, "chosen by bob", bob),
        users.remove(admin.user, bob),
        keys.all(bob),
        keys.add(NewKey("mine", Role.ADMIN), bob),
        keys.set_cap(made.key.id, None, bob),
        keys.revoke(made.key.id, bob),
        door.access.audit.page(bob),
    ):
        with pytest.raises(ForbiddenError):
            await call


async def test_guests_are_let_in_only_when_an_administrator_says_so(door: Door) -> None:
    admin = await door.admin()
    settings = SystemSettingsService(door.database, door.clock)
    assert await door.who() is None
    await settings.change({"allow_guest_access": True}, admin)
    assert await door.who() == await door.who(session="stale") == GUEST
    assert await door.who(bearer="loom_wrong") is None
    await settings.change({"allow_guest_access": False}, admin)
    assert await door.who() is None


async def test_a_key_is_shown_once_and_holds_until_it_is_revoked(door: Door) -> None:
    admin = await door.admin()
    made = await door.access.keys.add(NewKey("ci", Role.RUN), admin)
    assert made.secret.startswith("loom_")
    assert made.secret not in repr(await door.access.keys.all(admin))
    found = await door.who(bearer=made.secret)
    assert (found.name, found.role, found.kind) == ("key:ci", Role.RUN, PrincipalKind.KEY)
    await door.access.keys.revoke(made.key.id, admin)
    assert await door.who(bearer=made.secret) is None
    with pytest.raises(ConflictError):
        await door.access.keys.revoke(made.key.id, admin)


async def test_a_key_ends_when_it_was_said_to(door: Door) -> None:
    admin = await door.admin()
    key = await door.key(admin, expires_us=door.clock.now_us() + HOUR * 1_000_000)
    assert await door.who(bearer=key)
    await door.clock.advance(HOUR)
    assert await door.who(bearer=key) is None


async def test_keys_that_make_no_sense_are_refused(door: Door) -> None:
    admin = await door.admin()
    with pytest.raises(InputError) as caught:
        await door.access.keys.add(NewKey(" ", Role.ADMIN, expires_us=1, cap_nano=1), admin)
    assert [problem.field for problem in caught.value.problems] == ["name", "expires", "cap"]
    await door.key(admin)
    with pytest.raises(InputError, match="is taken"):
        await door.key(admin)


async def test_a_name_is_free_again_when_its_key_is_revoked(door: Door) -> None:
    admin = await door.admin()
    made = await door.access.keys.add(NewKey("ci", Role.RUN), admin)
    await door.access.keys.revoke(made.key.id, admin)
    assert await door.key(admin)


async def test_the_key_of_the_settings_is_an_administrator(door: Door) -> None:
    access = door.again(api_key="the key of the settings")
    found = await access.identify(Credentials(bearer="the key of the settings"))
    assert (found.role, found.kind) == (Role.ADMIN, PrincipalKind.KEY)
    assert await access.identify(Credentials(bearer="the key of the setting")) is None
    assert await door.again().identify(Credentials(bearer="")) is None


@pytest.mark.parametrize("bearer", ["a.b.c", "..", "loom_", "x" * 5000, "\udcff", "🔑", "a.b"])
async def test_nonsense_is_nobody(door: Door, bearer: str) -> None:
    assert await door.who(bearer=bearer, session=bearer) is None


async def test_an_unknown_name_takes_as_much_work_as_a_wrong_password(door: Door, monkeypatch) -> None:
    from pwdlib import PasswordHash

    await door.admin()
    looked, verify = [], PasswordHash.verify
    monkeypatch.setattr(PasswordHash, "verify", lambda *given: looked.append(given) or verify(*given))
    told = []
    for name in ("ann", "nobody-here"):
        with pytest.raises(UnauthenticatedError) as caught:
            await door.login(name, "a wrong one")
        told.append(str(caught.value))
    assert len(looked) == 2
    assert told[0] == told[1]


async def test_the_password_is_not_looked_at_after_too_many_wrong_ones(door: Door) -> None:
    await door.admin()
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await door.login("ann", "a wrong one")
    with pytest.raises(ThrottledError) as caught:
        await door.login("ann")
    await door.clock.advance(caught.value.retry_after_s)
    assert await door.login("ann")


async def test_what_was_done_is_remembered_newest_first_and_by_whom(door: Door) -> None:
    admin = await door.admin()
    bob = await door.user(admin)
    await door.login()
    key = await door.key(admin)
    await door.access.users.remove(bob.user, admin)
    page = await door.access.audit.page(admin, limit=3)
    rest = await door.access.audit.page(admin, before=page.before)
    done = [(one.principal, one.action, one.subject) for one in (*page.entries, *rest.entries)]
    assert done == [
        ("ann", "user.remove", "bob"),
        ("ann", "key.add", "ci"),
        ("bob", "login", "bob"),
        ("ann", "user.add", "bob"),
        ("ann", "setup", "ann"),
    ]
    assert rest.before is None
    assert len((await door.access.audit.page(admin, by="bob")).entries) == 1
    assert key not in repr((page, rest))
