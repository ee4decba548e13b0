"""Endpoint sessions against real servers: nginx, OpenSSL through Python, ports that are no TLS at all."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from checks.catalogue import BoundCheck
from checks.model import Cause, Finding, Question, Reply, Status
from runner import judge
from runner.evidence import Record
from runner.sessions import endpoint, trusted
from runner.sessions.base import HostPort, Limits, Undeclared, Unreached
from runner.sessions.replay import ReplaySession
from tests import tls
from tests.runner import city
from tests.runner.peers import black_hole, free_port, silent, tar_pit
from tests.tls import LOOPBACK, NAME, Authority

QUICK = Limits(connect=0.5, host=20.0)
CATALOGUE = catalogue.load("tcvn-11930-2017")
GOOD_HEADERS = """
    server_tokens off;
    add_header Strict-Transport-Security "max-age=31536000" always;
    add_header X-Content-Type-Options nosniff always;
    add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'" always;
    add_header Set-Cookie "phien=bi-mat-cua-phien; Path=/; Secure; HttpOnly; SameSite=Lax" always;
"""
SECURE = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {pair.certificate};
    ssl_certificate_key {pair.key};
    {tls}
    {headers}
    location = / {{ return 200 "trang"; }}
    location / {{ return {other}; }}
}}
"""
STRONG = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM;"
WEAK = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers AES128-SHA:ECDHE-RSA-AES128-SHA:NULL-SHA256:@SECLEVEL=0;"


@dataclass(frozen=True)
class Found:
    """What came of all endpoint checks on one endpoint."""

    findings: dict[str, Finding]
    replies: dict[Question, Reply]

    def status(self, check: str) -> str:
        return self.findings[f"endpoint.{check}"].status.value

    def actual(self, check: str) -> str:
        return self.findings[f"endpoint.{check}"].actual


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return tls.authority(tmp_path_factory.mktemp("tls"))


def bound(workspace: Path, port: int, checks: Sequence[str] = (), **fields: Any) -> list[BoundCheck]:
    """The checks that an endpoint at `port` must face; without names of its own, all of them."""
    asset = city.asset("page", **{"kind": "endpoint", "platform": "web", "address": LOOPBACK, "port": port} | fields)
    every = CATALOGUE.bind(asset, city.inventory(workspace, [asset]))
    return [one for one in every if not checks or one.id.removeprefix("endpoint.") in checks]


def audit(authority: Authority, port: int, checks: Sequence[str] = (), **fields: Any) -> Found:
    """All checks of an endpoint named `NAME`, asked and judged as the walk does it."""
    faced = bound(authority.folder / "w", port, checks, **{"names": [NAME]} | fields)
    replies = asyncio.run(ask(HostPort(LOOPBACK, port), authority, judge.questions(faced)))
    records = {question: Record("page", reply) for question, reply in replies.items()}
    return Found({finding.check: finding for finding in judge.judge(faced, records)}, replies)


async def ask(
    host: HostPort, authority: Authority, questions: Sequence[Question], limits: Limits = QUICK
) -> dict[Question, Reply]:
    authorities = trusted.read(authority.folder / "authorities")
    session = await endpoint.connect(host, authorities, frozenset(questions), limits)
    return dict(await session.ask(questions))


@contextmanager
def served(authority: Authority, label: str, **how: Any) -> Iterator[int]:
    """An nginx with a certificate `label`, at the port that it is given."""
    issued = {name: how.pop(name) for name in ("names", "days", "bits", "self_signed") if name in how}
    port, pair = free_port(), authority.issue(label, **issued)
    words = {"tls": STRONG, "headers": GOOD_HEADERS, "other": 404} | how
    with tls.nginx(authority.folder / f"nginx-{label}", SECURE.format(port=port, pair=pair, **words), [port]):
        yield port


@pytest.fixture(scope="module")
def good(authority: Authority) -> Iterator[Found]:
    with served(authority, "good") as port:
        yield audit(authority, port)


def test_a_well_kept_service_passes_every_check(good: Found) -> None:
    statuses = {check: (one.status, one.actual) for check, one in good.findings.items()}
    assert len(statuses) == 16
    not_passed = {check: found for check, found in statuses.items() if found[0] is not Status.PASS}
    assert not_passed == {"endpoint.https_only": (Status.NOT_APPLICABLE, not_passed["endpoint.https_only"][1])}
    assert good.actual("tls_versions") == "TLSv1.2, TLSv1.3"
    assert good.actual("certificate_names") == NAME
    assert good.actual("certificate_trusted") == "Test CA"


def test_evidence_shows_no_cookies_value(good: Found) -> None:
    said = "".join(reply.stdout for reply in good.replies.values())
    assert "phien=[masked]; Path=/; Secure" in said
    assert "bi-mat" not in said


def test_findings_can_be_told_again_from_what_was_kept(authority: Authority, good: Found) -> None:
    faced = bound(authority.folder / "w", _port(good), names=[NAME])
    asked = judge.questions(faced)
    session = ReplaySession(good.replies.values(), frozenset(asked))
    replies = asyncio.run(session.ask(asked))
    again = judge.judge(faced, {question: Record("page", reply) for question, reply in replies.items()})
    assert {one.check: one for one in again} == good.findings


def _port(found: Found) -> int:
    return next(int(q.command.rpartition(":")[2]) for q in found.replies if q.command.startswith("certificate"))


def test_a_neglected_service_is_found_out(authority: Authority) -> None:
    how = {"names": ["khac.example"], "days": (-400, -35), "bits": tls.SHORT, "tls": WEAK, "headers": "", "other": 200}
    with served(authority, "bad", **how) as port:
        found = audit(authority, port)
    assert found.actual("tls_versions") == "TLSv1.0, TLSv1.1, TLSv1.2"
    assert found.actual("strong_ciphers") == "NULL (0x003B)"
    assert found.actual("forward_secrecy") == "static RSA (0x002F)"
    assert found.actual("certificate_names") == "khac.example"
    assert "-35 d" in found.actual("certificate_in_time") or "-36 d" in found.actual("certificate_in_time")
    assert found.actual("certificate_strong") == "RSA 1024"
    assert found.actual("version_hidden").startswith("nginx/")
    for check in ("tls_versions", "strong_ciphers", "forward_secrecy", "certificate_names", "certificate_in_time"):
        assert found.status(check) == "fail", check
    for check in ("certificate_strong", "strict_transport", "no_sniffing", "no_framing", "content_policy"):
        assert found.status(check) == "fail", check
    assert found.status("certificate_trusted") == "pass"  # an expired chain leads to its authority all the same
    assert found.status("administration_apart") == "pass"  # one and the same page for every path


@pytest.mark.parametrize(
    ("other", "status", "actual"),
    [
        ("404; } location = /admin { return 200 quan-tri", "fail", "/admin: 200"),
        ("404; } location = /admin { return 302 /dang-nhap", "fail", "/admin: 302"),
        ("200 $uri", "unknown", "the service answers 200 for pages that it does not have"),
    ],
)
def test_an_administrators_page_is_found(authority: Authority, other: str, status: str, actual: str) -> None:
    with served(authority, "admin", other=other) as port:
        found = audit(authority, port, ["administration_apart"])
    assert (found.status("administration_apart"), found.actual("administration_apart")) == (status, actual)


def test_a_self_signed_certificate_is_not_trusted(authority: Authority) -> None:
    with served(authority, "own", self_signed=True) as port:
        found = audit(authority, port, ["certificate_trusted", "certificate_names"])
    assert (found.status("certificate_trusted"), found.status("certificate_names")) == ("fail", "pass")
    assert "self-signed certificate (18)" in found.actual("certificate_trusted")


def test_a_wildcard_is_for_one_label(authority: Authority) -> None:
    with served(authority, "star", names=["*.example"]) as port:
        assert audit(authority, port, ["certificate_names"]).status("certificate_names") == "pass"
        deep = audit(authority, port, ["certificate_names"], names=["a.b.example"])
        assert deep.status("certificate_names") == "fail"


@pytest.mark.parametrize(
    ("versions", "spoken"),
    [
        ((ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1), "TLSv1.0"),
        ((ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3), "TLSv1.3"),
        ((ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2), "TLSv1.1, TLSv1.2"),
    ],
)
def test_versions_are_told_that_python_itself_would_not_offer(
    authority: Authority, versions: tuple[ssl.TLSVersion, ssl.TLSVersion], spoken: str
) -> None:
    with tls.tls_server(authority.issue("versions"), versions, "ALL:@SECLEVEL=0") as port:
        found = audit(authority, port, ["tls_versions", "certificate_strong", "strong_ciphers"])
    assert found.actual("tls_versions") == spoken
    assert found.status("certificate_strong") == "pass"


def test_anonymous_suites_are_found(authority: Authority) -> None:
    with tls.tls_server(
        authority.issue("anon"),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        "AECDH-AES128-SHA:AES128-SHA:@SECLEVEL=0",
    ) as port:
        found = audit(authority, port, ["strong_ciphers"])
    assert found.actual("strong_ciphers") == "anonymous (0xC018)"


def test_a_plain_http_port_speaks_no_tls(authority: Authority) -> None:
    port = free_port()
    block = f"server {{ listen {LOOPBACK}:{port}; return 200 'trang'; }}"
    with tls.nginx(authority.folder / "plain", block, [port]):
        found = audit(authority, port)
    assert found.actual("tls_versions") == "no TLS"
    for check in ("tls_versions", "strong_ciphers", "forward_secrecy"):
        assert found.status(check) == "fail", check
    for check in ("certificate_trusted", "certificate_in_time", "strict_transport", "cookies_protected"):
        assert found.findings[f"endpoint.{check}"].cause is Cause.UNREADABLE, check


def test_a_port_that_is_not_declared_is_named(authority: Authority) -> None:
    with served(authority, "ports") as port, closing(socket.create_server((LOOPBACK, 0))) as other:
        open_port = other.getsockname()[1]
        watched = {"watched_ports": [open_port, free_port()]}
        found = audit(authority, port, ["declared_ports"], parameters=watched)
        assert (found.status("declared_ports"), found.actual("declared_ports")) == ("fail", str(open_port))
        declared = audit(authority, port, ["declared_ports"], parameters=watched, ports=[open_port])
        assert declared.status("declared_ports") == "pass"


def test_a_service_that_is_no_web_service_is_asked_for_no_page(authority: Authority) -> None:
    with served(authority, "other") as port:
        found = audit(authority, port, platform="tls")
    assert not [question for question in found.replies if question.command.startswith("GET")]
    assert found.status("content_policy") == "not_applicable"
    assert found.status("tls_versions") == "pass"


def test_nothing_but_what_was_declared_is_sent(authority: Authority) -> None:
    with served(authority, "law") as port:
        host, authorities = HostPort(LOOPBACK, port), trusted.read(authority.folder / "authorities")

        async def stray() -> None:
            session = await endpoint.connect(host, authorities, frozenset({Question("connect 1")}), QUICK)
            await session.ask([Question("connect 2")])

        with pytest.raises(Undeclared):
            asyncio.run(stray())


@pytest.mark.parametrize(
    ("address", "cause"), [("127.0.0.1", Cause.REFUSED), ("khong-co.invalid", Cause.DNS)], ids=["refused", "dns"]
)
def test_nobody_there_is_one_cause(authority: Authority, address: str, cause: Cause) -> None:
    with pytest.raises(Unreached) as unreached:
        asyncio.run(ask(HostPort(address, free_port()), authority, [Question("connect 1")]))
    assert unreached.value.cause is cause


def test_a_black_hole_costs_one_connect_timeout(authority: Authority) -> None:
    began = time.monotonic()
    with black_hole() as host, pytest.raises(Unreached) as unreached:
        asyncio.run(ask(host, authority, [Question("connect 1"), Question("connect 2")]))
    assert unreached.value.cause is Cause.TIMEOUT
    assert time.monotonic() - began < 2


def test_who_says_nothing_is_not_waited_for(authority: Authority) -> None:
    questions = [Question(f"tls {NAME}:PORT {version}", seconds=0.4) for version in ("TLSv1.0", "TLSv1.2", "TLSv1.3")]
    with silent() as host:
        asked = [Question(q.command.replace("PORT", str(host.port)), seconds=0.4) for q in questions]
        replies = asyncio.run(ask(host, authority, asked, Limits(connect=0.5, host=0.8)))
    assert {reply.cause for reply in replies.values()} == {Cause.TIMEOUT}


def test_who_talks_for_ever_is_no_tls(authority: Authority) -> None:
    with tar_pit() as host:
        # the first connection is the knock at the door; the pit talks to one caller only
        question = Question(f"tls {NAME}:{host.port} TLSv1.2", seconds=0.6)
        replies = asyncio.run(ask(host, authority, [question]))
    assert replies[question].cause is Cause.TIMEOUT


def test_a_page_without_an_end_is_no_page(authority: Authority) -> None:
    with _drip() as port:
        question = Question(f"GET http://{NAME}:{port}/", seconds=0.6)
        replies = asyncio.run(ask(HostPort(LOOPBACK, port), authority, [question]))
    assert replies[question].cause is Cause.TIMEOUT


@contextmanager
def _drip() -> Iterator[int]:
    """A web server whose page never ends."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                threading.Thread(target=drip, args=(caller,), daemon=True).start()

    def drip(caller: socket.socket) -> None:
        with suppress(OSError), caller:
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                caller.sendall(b".")
                time.sleep(0.02)

    with socket.create_server((LOOPBACK, 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
