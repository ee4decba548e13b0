"""The text records of a name, asked of a name server of our own; and of one that fails, and of one that is silent."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rrset
import pytest

from checks.model import Cause, Question, Reply
from runner.sessions import endpoint, records, trusted
from runner.sessions.base import HostPort, Limits
from runner.sessions.tcp import connected
from tests.tls import LOOPBACK


def _answered(asked: bytes, zone: dict[str, list[str]]) -> bytes:
    query = dns.message.from_wire(asked)
    name = query.question[0].name
    answer = dns.message.make_response(query)
    texts = zone.get(name.to_text())
    if texts is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif texts == ["hỏng"]:
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif texts:
        answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", texts))
    return answer.to_wire()


@contextmanager
def name_server(zone: dict[str, list[str]]) -> Iterator[dns.asyncresolver.Resolver]:
    """A resolver that asks a server of its own on loopback; without a zone the server never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))

        def serve() -> None:
            with suppress(OSError):
                while True:
                    asked, peer = server.recvfrom(4096)
                    if zone:
                        server.sendto(_answered(asked, zone), peer)

        threading.Thread(target=serve, daemon=True).start()
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [LOOPBACK], server.getsockname()[1]
        yield resolver


ZONE = {
    "thu.example.": ['"v=spf1 mx " "-all"', '"khác"'],
    "trong.example.": [],
    "hong.example.": ["hỏng"],
}


def texts_of(name: str, zone: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> Reply:
    monkeypatch.setattr(records, "SECONDS", 0.5)
    with name_server(zone) as resolver:
        question = Question(f"TXT {name}")
        session = endpoint.EndpointSession(
            HostPort(LOOPBACK, 1), trusted.read(Path("/nowhere")), frozenset([question]), Limits(), connected, resolver
        )
        return asyncio.run(session.ask([question]))[question]


def test_text_records_are_put_together_from_their_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(texts_of("thu.example.", ZONE, monkeypatch).stdout)
    assert (told["answer"], told["texts"]) == ("NOERROR", ["khác", "v=spf1 mx -all"])
    assert json.loads(texts_of("trong.example.", ZONE, monkeypatch).stdout)["texts"] == []
    assert json.loads(texts_of("khong.example.", ZONE, monkeypatch).stdout)["answer"] == "NXDOMAIN"


def test_a_name_server_that_fails_or_is_silent_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert texts_of("hong.example.", ZONE, monkeypatch).cause is Cause.DNS
    assert texts_of("thu.example.", {}, monkeypatch).cause is Cause.TIMEOUT
