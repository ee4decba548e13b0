"""The web services of a simulated city: real TLS servers on loopback, kept as `lab.endpoints` says, with its faults.

They are reached through a simulated router as through any jump host: a channel to `address:port` of the practice city
ends at the server that acts it out, and any other port refuses. So an audit sees the addresses of a real city.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

import asyncssh

from checks.endpoints.web import ATTACKS
from inventory.model import HTTPS_PORT
from lab.endpoints import Authority, Issued, Service
from lab.simulated.recordings import LOOPBACK
from lab.topology import HTTP_PORT

Doors = Mapping[tuple[str, int], int]
"""(address, port) in the practice city → the port on loopback where it is acted out."""
Carrier = Callable[["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]"], Awaitable[None]]
CHUNK = 1 << 14
VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


async def listening(services: Iterable[Service], authority: Authority) -> Doors:
    """The doors of all services; they stay open as long as the loop runs."""
    doors: dict[tuple[str, int], int] = {}
    for service in services:
        secure = await asyncio.start_server(
            partial(_answer, _page(service)), LOOPBACK, 0, ssl=_context(service, authority.certify(service))
        )
        plain = await asyncio.start_server(partial(_answer, _plain_page(service)), LOOPBACK, 0)
        for port, server in ((HTTPS_PORT, secure), (HTTP_PORT, plain)):
            doors[str(service.endpoint.address), port] = server.sockets[0].getsockname()[1]
    return doors


def carrier(doors: Doors, address: str, port: int) -> Carrier:
    """Who carries bytes to the server that acts out `address:port`. Raises what sshd says where nobody is there."""
    here = doors.get((address, port))
    if here is None:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")
    return partial(_carry, here)


async def _carry(port: int, far_in: asyncssh.SSHReader[bytes], far_out: asyncssh.SSHWriter[bytes]) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    with suppress(OSError, asyncssh.Error):
        await asyncio.gather(_copy(far_in, writer), _copy(reader, far_out))


async def _copy(
    source: asyncio.StreamReader | asyncssh.SSHReader[bytes],
    to: asyncio.StreamWriter | asyncssh.SSHWriter[bytes],
) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(CHUNK):
            to.write(data)
            await to.drain()
    with suppress(OSError, asyncssh.Error):
        to.close()


def _context(service: Service, issued: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(service.ciphers)
    spoken = [VERSIONS[name] for name in service.protocols]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are what is acted out
        context.minimum_version, context.maximum_version = min(spoken), max(spoken)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # the only way in that `ssl` has
        file.write(issued.certificate + issued.key)
        file.flush()
        context.load_cert_chain(Path(file.name))
    return context


def _page(service: Service) -> Mapping[str, bytes]:
    """path → the whole answer; "" for all other paths."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in service.headers.items())
    served, missing = _http("200 OK", headers, service.page), _http("404 Not Found", headers, "")
    attacked = _http("403 Forbidden", headers, "") if service.firewall else served
    attacks = (quote(attack, safe="") for attack in ATTACKS.values())
    return {"/": served, "/?ra-soat=1": served, "": missing} | {f"/?ra-soat={one}": attacked for one in attacks}


def _plain_page(service: Service) -> Mapping[str, bytes]:
    if service.redirects:
        moved = _http("301 Moved Permanently", f"Location: https://{service.endpoint.name}/\r\n", "")
        return {"/": moved, "": moved}
    served = _http("200 OK", "", service.page)
    return {"/": served, "": served}


def _http(status: str, headers: str, page: str) -> bytes:
    body = page.encode()
    return f"HTTP/1.1 {status}\r\nServer: nginx\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _answer(pages: Mapping[str, bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        asked = await reader.readuntil(b"\r\n\r\n")
        words = asked.split(None, 2)
        writer.write(pages.get(words[1].decode("latin-1") if len(words) > 1 else "", pages[""]))
        await writer.drain()
    writer.close()
