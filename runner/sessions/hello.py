"""A ClientHello of our own, and what a server says to it: enough to tell what it would speak, and no more.

Our own TLS library refuses to offer what is broken (SSL 3.0, TLS 1.0, RC4 …), and what was not offered was not refused
by the server either (law 7). Written and read by hand after RFC 6101 §5 (SSL 3.0), RFC 5246 §7.4.1 (TLS 1.2), RFC 8446
§4.1 and §4.2 (TLS 1.3), with the extensions of RFC 6066 §3 (server name), RFC 8422 §5.1 (curves, point formats) and
RFC 5746 §3.3 (the suite that stands for secure renegotiation). No key is ever agreed on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from checks.readers.networks import is_address

VERSIONS: Final[Mapping[str, int]] = {
    "SSLv3": 0x0300,
    "TLSv1.0": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": 0x0303,
    "TLSv1.3": 0x0304,
}
ALERT, HANDSHAKE = 21, 22  # types of records
CLIENT_HELLO, SERVER_HELLO = 1, 2  # types of handshake messages
SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, SUPPORTED_VERSIONS, KEY_MODES, KEY_SHARES = 0, 10, 11, 13, 43, 45, 51
SECURE_RENEGOTIATION = 0x00FF
X25519 = 0x001D
UNRECOGNISED_NAME = 112  # a server may warn of it and go on (RFC 6066 §3)
WARNING = 1
LONGEST_HELLO = 1 << 16  # bytes; a server that says more without a ServerHello says something else

# The suites that servers are met with, strong and weak, by their IANA numbers: who takes none speaks no such version.
SUITES_OF_13 = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)
SUITES: Final[Sequence[int]] = (
    *(0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xCCAA, 0x009E, 0x009F, 0xC009, 0xC00A, 0xC013, 0xC014),
    *(0xC023, 0xC024, 0xC027, 0xC028, 0x0033, 0x0039, 0x0067, 0x006B, 0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D),
    *(0x0041, 0x0084, 0x0045, 0x0088, 0x0032, 0x0038, 0x0096, 0x000A, 0x0016, 0xC008, 0xC012, 0x0004, 0x0005, 0xC007),
    *(0xC011, 0x0009, 0x0015, 0x0012, 0x0007, 0xC0AC, 0xC0AE, 0xC09C, 0xC09E),
)
# ECDSA, RSA-PSS, EdDSA, RSA PKCS#1 with SHA-2, then SHA-1 and MD5: a weak certificate is to be seen, not to be refused.
SCHEMES = (
    0x0403,
    0x0503,
    0x0603,
    0x0804,
    0x0805,
    0x0806,
    0x0807,
    0x0401,
    0x0501,
    0x0601,
    0x0203,
    0x0201,
    0x0202,
    0x0101,
)
CURVES = (X25519, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101)

Answer = Literal["hello", "alert", "closed", "not_tls"]


class Unfinished(Exception):
    """The server has not said enough yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a server said to a ClientHello: its choice, the number of its alert, or what is no TLS at all."""

    answer: Answer
    version: str | None = None
    suite: int | None = None
    alert: int | None = None
    said: str = ""


def client_hello(version: str, name: str, suites: Sequence[int] = ()) -> bytes:
    """The record that offers `version` and nothing newer to the host `name`, with `suites` (none: all that we know)."""
    number = VERSIONS[version]
    newest = number == VERSIONS["TLSv1.3"]
    offered = tuple(suites) or (SUITES_OF_13 if newest else SUITES)
    body = _number(min(number, VERSIONS["TLSv1.2"])) + secrets.token_bytes(32)
    body += _vector(1, secrets.token_bytes(32) if newest else b"")
    body += _vector(2, _numbers([*offered, SECURE_RENEGOTIATION])) + _vector(1, b"\0")
    if number > VERSIONS["SSLv3"]:
        body += _vector(2, b"".join(_extensions(name, newest=newest)))
    message = bytes([CLIENT_HELLO]) + len(body).to_bytes(3, "big") + body
    return bytes([HANDSHAKE]) + _number(min(number, VERSIONS["TLSv1.0"])) + _vector(2, message)


def _extensions(name: str, *, newest: bool) -> Iterator[bytes]:
    if not is_address(name):  # RFC 6066 §3: no literal addresses
        yield _extension(SERVER_NAME, _vector(2, b"\0" + _vector(2, name.encode("ascii"))))
    yield _extension(GROUPS, _vector(2, _numbers(CURVES)))
    yield _extension(POINT_FORMATS, _vector(1, b"\0"))
    yield _extension(SIGNATURES, _vector(2, _numbers(SCHEMES)))
    if newest:
        yield _extension(SUPPORTED_VERSIONS, _vector(1, _number(VERSIONS["TLSv1.3"])))
        yield _extension(KEY_MODES, _vector(1, b"\1"))
        # any 32 bytes are a key of this curve; the other half is thrown away, for nothing will be said under it
        yield _extension(KEY_SHARES, _vector(2, _number(X25519) + _vector(2, secrets.token_bytes(32))))


def answer(data: bytes, *, ended: bool) -> Told:
    """What a server said, from the bytes that came; `ended` where none will follow. Raises `Unfinished`."""
    handshake = b""
    for kind, content in _records(data):
        if kind == ALERT and len(content) >= 2:  # noqa: PLR2004  # level and description
            level, number = content[0], content[1]
            if (level, number) != (WARNING, UNRECOGNISED_NAME):
                return Told("alert", alert=number)
        elif kind == HANDSHAKE:
            handshake += content
            if (told := _server_hello(handshake)) is not None:
                return told
        else:
            return Told("not_tls", said=_legible(data))
    if ended or len(data) > LONGEST_HELLO:
        return Told("not_tls", said=_legible(data)) if data and data[0] not in (ALERT, HANDSHAKE) else Told("closed")
    raise Unfinished


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record that is there whole; where no record can be, an impossible one."""
    while len(data) >= 5:  # noqa: PLR2004  # a record's head: type, version, length
        length = int.from_bytes(data[3:5], "big")
        if data[0] not in (ALERT, HANDSHAKE) or data[1] != 3:  # noqa: PLR2004  # SSL 3.0 and all TLS
            yield -1, b""
            return
        if len(data) < 5 + length:
            return
        yield data[0], data[5 : 5 + length]
        data = data[5 + length :]


def _server_hello(message: bytes) -> Told | None:
    """The server's choice; None where the message is not there whole. Another message is none of ours."""
    if not message:
        return None
    if message[0] != SERVER_HELLO:
        return Told("not_tls", said=f"handshake message {message[0]}")
    body = message[4 : 4 + int.from_bytes(message[1:4], "big")]
    if len(message) < 4 or len(body) < int.from_bytes(message[1:4], "big"):  # noqa: PLR2004  # type and length
        return None
    try:
        behind = 35 + body[34]  # version, random, and the session id before it
        suite, extensions = int.from_bytes(body[behind : behind + 2], "big"), body[behind + 5 :]
        number = _chosen(extensions) or int.from_bytes(body[:2], "big")
    except IndexError:
        return Told("not_tls", said="a ServerHello that is too short")
    return Told("hello", version=_name(number), suite=suite)


def _chosen(extensions: bytes) -> int | None:
    """The version in the extension that TLS 1.3 tells it in (RFC 8446 §4.2.1)."""
    while len(extensions) >= 4:  # noqa: PLR2004  # type and length
        kind, length = int.from_bytes(extensions[:2], "big"), int.from_bytes(extensions[2:4], "big")
        if kind == SUPPORTED_VERSIONS:
            return int.from_bytes(extensions[4 : 4 + length], "big")
        extensions = extensions[4 + length :]
    return None


def _name(number: int) -> str:
    return next((name for name, known in VERSIONS.items() if known == number), f"0x{number:04X}")


def _legible(data: bytes) -> str:
    return data[:80].decode("ascii", errors="backslashreplace")


def _number(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _numbers(values: Sequence[int]) -> bytes:
    return b"".join(map(_number, values))


def _vector(size: int, content: bytes) -> bytes:
    """Content behind its length in `size` bytes."""
    return len(content).to_bytes(size, "big") + content


def _extension(kind: int, content: bytes) -> bytes:
    return _number(kind) + _vector(2, content)
