"""The words in which the city is judged: question, reply, verdict, finding.

A check is a pure function of what was replied: it sends nothing, it waits for nothing, it knows no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inventory.model import Asset, LinkEnd, LinkView, Service
from inventory.zones import NO_ZONES, ZonePlan


class Status(StrEnum):
    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why something could not be judged. The list is closed: a new kind of trouble gets a new member here."""

    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    HOST_KEY_UNKNOWN = "host_key_unknown"
    HOST_KEY_CHANGED = "host_key_changed"
    AUTH_REFUSED = "auth_refused"
    NO_PRIVILEGE = "no_privilege"
    NO_TOOL = "no_tool"
    NO_PROMPT = "no_prompt"
    UNREADABLE = "unreadable"
    UNSUPPORTED_PLATFORM = "unsupported_platform"
    CRASHED = "crashed"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not_run"


class Unknown(Exception):
    """Raised wherever a question cannot be answered; becomes the finding `unknown` with this cause."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(f"{cause}: {detail}" if detail else str(cause))


@dataclass(frozen=True, slots=True)
class Question:
    """One command that an audit may send: the allow-list is the set of questions that the bound checks ask.

    On a server `command` is POSIX shell text, on a device one line of its command line. With `root` it runs under
    `sudo -n` where the login is not root, so it must then be plain words (no shell syntax): `playbooks/prepare.yml`
    grants exactly these commands. `seconds` is the time limit on the far side.
    """

    command: str
    root: bool = False
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one question. `cause` is set where it did not come back whole; `seconds` is its duration."""

    question: Question
    stdout: str
    stderr: str
    exit_status: int | None
    started: datetime
    seconds: float
    login: str
    cause: Cause | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Want:
    """What is demanded here: the asset, its level, the link or service in question, and the parameters at that level.

    `want["name"]` is the value of a parameter of the standard, as adjusted by the city and the asset. `hub` is where
    the city's paths come together, None where the city has not said it; `listed` are all addresses of the inventory,
    `links` all links that end at the asset, `owners` the listed assets by each of their addresses and names; `plan` is
    that of the network zones, `services` are those that the asset uses.
    """

    asset: Asset
    level: int
    parameters: Mapping[str, Any]
    subject: LinkView | Service | None = None
    hub: LinkEnd | None = None
    listed: frozenset[str] = frozenset()
    links: tuple[LinkView, ...] = ()
    owners: Mapping[str, Asset] = field(default_factory=dict)
    plan: ZonePlan = NO_ZONES
    services: tuple[Service, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    @property
    def link(self) -> LinkView:
        if not isinstance(self.subject, LinkView):
            raise TypeError("this check is not bound to a link")
        return self.subject

    @property
    def service(self) -> Service:
        if not isinstance(self.subject, Service):
            raise TypeError("this check is not bound to a service")
        return self.subject


Ask = Question | Callable[[Want], Question | tuple[Question, ...]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: `pass`, `fail` or `not_applicable`, with what was expected and what was there.

    There is no verdict `unknown`: a check that cannot tell raises `Unknown`.
    """

    status: Status
    expected: str
    actual: str

    def __post_init__(self) -> None:
        if self.status is Status.UNKNOWN:
            raise ValueError("raise Unknown with its cause instead")


@dataclass(frozen=True, slots=True)
class Finding:
    """The one outcome of one check on one asset. `evidence` names replies as `sha256:<hex>`."""

    asset: str
    check: str
    requirements: tuple[str, ...]
    status: Status
    expected: str
    actual: str
    cause: Cause | None = None
    evidence: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if (self.status is Status.UNKNOWN) != (self.cause is not None):
            raise ValueError("a cause belongs to every unknown finding, and to no other")


def judged(passed: bool, expected: str, actual: str) -> Verdict:
    """Pass or fail, with both sides named."""
    return Verdict(Status.PASS if passed else Status.FAIL, expected, actual)


def not_applicable(reason: str) -> Verdict:
    """The question does not arise here, and why."""
    return Verdict(Status.NOT_APPLICABLE, "", reason)


def asks(*questions: Ask, platforms: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Declare what a check asks, and, for servers, on which platforms its questions have the meaning it reads.

    Nothing else can be sent on the check's behalf. `platforms` is left empty for devices: their platform file says.
    """

    def declare(function: Function) -> Function:
        function.asks = questions  # type: ignore[attr-defined]  # read once, by the catalogue
        function.platforms = platforms  # type: ignore[attr-defined]  # likewise
        return function

    return declare


Function = Callable[[Any, Want], Verdict]
