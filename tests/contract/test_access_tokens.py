"""Tokens: how long they hold, and that a forged one is nobody."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from access_door import Door

from loom.access.models import Credentials
from loom.access.tokens import TOKEN_LIFE_S

SECRET = "the secret that signs the tokens of these tests"


async def test_tokens_hold_for_an_hour_and_over_a_restart(door: Door) -> None:
    bob = await door.user(await door.admin())
    token = await door.token()
    assert await door.again().identify(Credentials(bearer=token)) == bob
    await door.clock.advance(TOKEN_LIFE_S)
    assert await door.who(bearer=token) is None


async def test_a_token_of_another_secret_is_nobody(door: Door) -> None:
    await door.user(await door.admin())
    theirs = await door.token("bob", door.again(jwt_secret=SECRET))
    assert await door.who(bearer=theirs) is None
    assert await door.again(jwt_secret=SECRET).identify(Credentials(bearer=theirs))


async def test_the_secret_that_is_made_is_for_its_owner_only(door: Door) -> None:
    await door.admin()
    await door.token("ann")
    assert (door.data_dir / "jwt-secret").stat().st_mode & 0o777 == 0o600


def _part(content: dict) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")


def _unsigned(claims: dict, _secret: bytes) -> str:
    return (_part({"alg": "none", "typ": "JWT"}) + b"." + _part(claims) + b".").decode()


def _said_to_be_rsa(claims: dict, secret: bytes) -> str:
    content = _part({"alg": "RS256", "typ": "JWT"}) + b"." + _part(claims)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, content, hashlib.sha256)).rstrip(b"=")
    return (content + b"." + signature).decode()


FORGED = {
    "unsigned": _unsigned,
    "said to be RSA": _said_to_be_rsa,
    "another algorithm": lambda claims, secret: jwt.encode(claims, secret, "HS384"),
    "another secret": lambda claims, _: jwt.encode(claims, b"x" * 32, "HS256"),
    "for ever": lambda claims, secret: jwt.encode({**claims, "exp": None}, secret, "HS256"),
    "without an end": lambda claims, secret: _without(claims, "exp", secret),
    "of nobody": lambda claims, secret: _without(claims, "sub", secret),
    "from elsewhere": lambda claims, secret: jwt.encode({**claims, "iss": "eve"}, secret, "HS256"),
    "of an unknown user": lambda claims, secret: jwt.encode({**claims, "sub": "00" * 16}, secret, "HS256"),
    "not yet signed": lambda claims, secret: jwt.encode({**claims, "iat": 4e9, "exp": 5e9}, secret, "HS256"),
    "of an earlier password": lambda claims, secret: jwt.encode({**claims, "epoch": -1}, secret, "HS256"),
    "of text for numbers": lambda claims, secret: jwt.encode({**claims, "epoch": {}}, secret, "HS256"),
}


def _without(claims: dict, name: str, secret: bytes) -> str:
    return jwt.encode({key: value for key, value in claims.items() if key != name}, secret, "HS256")


@pytest.mark.filterwarnings("ignore:The HMAC key")
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_nobody(door: Door, forge) -> None:
    await door.admin()
    token = await door.token("ann")
    claims = jwt.decode(token, options={"verify_signature": False})
    secret = (door.data_dir / "jwt-secret").read_bytes()
    assert await door.who(bearer=jwt.encode(claims, secret, "HS256"))
    assert await door.who(bearer=forge(claims, secret)) is None
