"""The guarded client: what it connects to, what it sends, and how much it reads."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from loom.core.errors import ConfigError, Fault, InputError, ProviderError
from loom.net import Outbound, Post

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Server:
    """Answers every connection with the same bytes, and remembers what was asked."""

    port: int = 0
    answer: bytes = _OK
    asked: list[bytes] = field(default_factory=list)
    after: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    shown = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            shown.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(shown.answer)
            if shown.after:
                await shown.after(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1")
    shown.port = listening.sockets[0].getsockname()[1]
    yield shown
    listening.close()


@pytest.fixture
async def client() -> AsyncIterator[Callable[..., Outbound]]:
    opened: list[Outbound] = []

    def make(*allow: str) -> Outbound:
        opened.append(Outbound(allow))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()


@pytest.fixture
def names(monkeypatch):
    """Name service by a table; each look-up takes the next list of addresses."""
    table: dict[str, list[list[str]]] = {}
    asked: list[str] = []

    async def getaddrinfo(self, host, port, **options):
        asked.append(host)
        addresses = table[host].pop(0)
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in addresses
        ]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return table, asked


async def test_a_host_that_the_operator_has_named_is_asked(server, client):
    reply = await client(f"127.0.0.1:{server.port}").post(Post(server.url, b'{"a": 1}'))
    assert (reply.status, reply.body) == (200, b"{}")
    assert server.asked[0].startswith(b"POST /hook HTTP/1.1")


@pytest.mark.parametrize("allow", [(), ("127.0.0.1:1",), ("127.0.0.2",), ("example.com",)])
async def test_a_private_host_that_is_not_named_gets_no_connection(server, client, allow):
    with pytest.raises(
        InputError, match="not a public address \\(loopback\\); if it is meant, name it in OUTBOUND_ALLOW"
    ):
        await client(*allow).post(Post(server.url, b"{}"))
    assert server.asked == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1"]
)
async def test_a_name_that_leads_inside_is_refused(client, names, address):
    table, _ = names
    table["inside.example"] = [["93.184.216.34", address]]
    with pytest.raises(InputError, match=r"'inside\.example' leads to"):
        await client().post(Post("http://inside.example/", b"{}"))


async def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_connected_to(
    client, names, monkeypatch
):
    table, asked = names
    table["rebinding.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    connected: list[tuple[str, int]] = []

    async def connect(self, sock, address):
        connected.append(address[:2])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", connect)
    with pytest.raises(ProviderError) as caught:
        await client().post(Post("http://rebinding.example/", b"{}"))
    assert caught.value.fault is Fault.UNSENT
    assert connected == [("93.184.216.34", 80)]
    assert asked == ["rebinding.example"]


async def test_a_name_that_the_operator_has_named_may_lead_inside(server, client, names):
    table, _ = names
    table["mine.internal"] = [["127.0.0.1"]]
    reply = await client("Mine.Internal.").post(Post(f"http://mine.internal:{server.port}/", b"{}"))
    assert reply.status == 200


async def test_a_redirect_is_not_followed(server, client):
    server.answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    reply = await client("127.0.0.1").post(
        Post(server.url, b"{}", {"Authorization": "Bearer x"}, secret=True)
    )
    assert (reply.status, reply.location) == (302, "http://169.254.169.254/")
    assert len(server.asked) == 1


async def test_a_secret_goes_only_to_hosts_that_the_operator_has_named(client):
    with pytest.raises(InputError, match=r"would be sent a secret, and 8\.8\.8\.8 is not among the hosts"):
        await client().post(Post("https://8.8.8.8/", b"{}", {"Authorization": "Bearer x"}, secret=True))


async def test_an_answer_without_end_is_cut_off(server, client):
    server.answer = b"HTTP/1.1 200 OK\r\n\r\n"

    async def flood(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server.after = flood
    with pytest.raises(ProviderError, match="answered more than 100000 bytes"):
        await client("127.0.0.1").post(Post(server.url, b"{}", most_bytes=100_000))


async def test_an_answer_that_drips_ends_with_its_time(server, client):
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    async def drip(writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.after = drip
    with pytest.raises(ProviderError, match=r"no complete answer within 0\.2 s"):
        await client("127.0.0.1").post(Post(server.url, b"{}", timeout_s=0.2))


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"]
)
async def test_what_is_no_answer_is_lost(server, client, answer):
    server.answer = answer
    with pytest.raises(ProviderError, match="was lost") as caught:
        await client("127.0.0.1").post(Post(server.url, b"{}"))
    assert caught.value.fault is Fault.NO_ANSWER


async def test_a_bomb_is_not_unpacked(server, client):
    packed = gzip.compress(b"0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    server.answer = head.encode() + packed
    reply = await client("127.0.0.1").post(Post(server.url, b"{}"))
    assert reply.body == packed


async def test_proxies_and_netrc_of_the_environment_are_not_used(server, client, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert (await client("127.0.0.1").post(Post(server.url, b"{}"))).status == 200
    assert b"Authorization" not in server.asked[0]


def test_an_allow_list_that_is_no_list_of_hosts_is_refused():
    with pytest.raises(ConfigError, match="'OUTBOUND_ALLOW' is not a host"):
        Outbound(["http://example.com/"])
