"""What an endpoint said, as typed values: handshakes, the certificate chain, pages. Anything else is `Unknown`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks.endpoints import questions
from checks.model import Cause, Question, Unknown, Want
from checks.reading import Host, expected, unreadable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

OPEN = "open"
SERVER_ERRORS = 500  # and above: the page says nothing of how the service is kept


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain as the server sent it, its own certificate first. `trouble` says why nobody trusts it, if so."""

    asked: datetime
    certificates: tuple[Certificate, ...]
    trouble: str

    @property
    def own(self) -> Certificate:
        return self.certificates[0]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its status, its headers by names in small letters, the digest of its body."""

    path: str
    status: int
    headers: Mapping[str, tuple[str, ...]]
    digest: str

    def value(self, name: str) -> str:
        """All values of a header as one, as RFC 9110 §5.3 joins them; "" where there is none."""
        return ", ".join(self.headers.get(name, ()))

    def is_as(self, other: Page) -> bool:
        """Both answer alike: one-page applications, say, answer every path with the page that stands for all."""
        return (self.status, self.digest) == (other.status, other.digest)


def said(host: Host, question: Question) -> Mapping[str, Any]:
    """The JSON object that answers `question`."""
    with expected(question.command):
        found = json.loads(host.run(question.command).stdout)
        if not isinstance(found, dict):
            raise TypeError(type(found).__name__)
        return found


def is_open(host: Host, port: int) -> bool:
    """Whether the port takes connections. Refused and silent ports do not."""
    question = questions.connect(port)
    with expected(question.command):
        answer = said(host, question)["answer"]
        if answer not in (OPEN, "refused", "silent"):
            raise ValueError(answer)
        return bool(answer == OPEN)


def spoken(host: Host, want: Want) -> tuple[str, ...]:
    """The versions that the service speaks; none where it plainly speaks something else than TLS.

    Raises `Unknown` where it answers to none, and shows no other protocol either.
    """
    answers = {version: said(host, questions.hello(want, version)) for version in questions.VERSIONS}
    with expected("tls"):
        found = tuple(v for v, told in answers.items() if told["answer"] == "hello" and told["version"] == v)
        other = [told["said"] for told in answers.values() if told["answer"] == "not_tls" and told["said"]]
    if not found and not other:
        raise unreadable("the service takes connections, and answers to no TLS")
    return found


def takes(host: Host, want: Want, suites: Sequence[int]) -> str | None:
    """The one of `suites` that the service chooses, in hexadecimal; None where it takes none of them."""
    question = questions.hello(want, questions.BROADEST, suites)
    told = said(host, question)
    with expected(question.command):
        if told["answer"] != "hello":
            return None
        if int(told["suite"], 16) not in suites:
            raise ValueError(f"suite {told['suite']} was not offered")
        return str(told["suite"])


def chain(host: Host, want: Want) -> Chain:
    """The certificates that the service shows. Raises `Unknown` (no_tool) where this machine trusts nobody at all."""
    from cryptography import x509  # noqa: PLC0415 - loads a large library, and only endpoints need it

    question = questions.certificate(want)
    told = said(host, question)
    with expected(question.command):
        if not told["trust"]["authorities"]:
            raise Unknown(Cause.NO_TOOL, "no certificate authority is trusted here")
        shown = tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in told["chain"])
        if not shown:
            raise ValueError("no certificate was shown")
        code, message = int(told["verified"]["code"]), str(told["verified"]["message"])
        return Chain(datetime.fromisoformat(told["asked"]), shown, f"{message} ({code})" if code else "")


def page(host: Host, want: Want, path: str) -> Page:
    """A page of the service. Raises `Unknown` where the service is out of order."""
    found = _page(host, questions.page(want, path), path)
    if found.status >= SERVER_ERRORS:
        raise unreadable(path, f"status {found.status}")
    return found


def plain_page(host: Host, want: Want) -> Page:
    """The front page over HTTP."""
    return _page(host, questions.plain_page(want), questions.FRONT)


def records(host: Host, question: Question) -> tuple[str, ...]:
    """The text records of a name; none where it has none, or is not there."""
    told = said(host, question)
    with expected(question.command):
        if told["answer"] not in ("NOERROR", "NXDOMAIN"):
            raise ValueError(told["answer"])
        return tuple(str(text) for text in told["texts"])


def _page(host: Host, question: Question, path: str) -> Page:
    told = said(host, question)
    with expected(question.command):
        return Page(path, int(told["status"]), _headers(told["headers"]), str(told["body"]["sha256"]))


def _headers(lines: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}
