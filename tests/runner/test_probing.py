"""One machine without an inventory: what names it, what it is asked, and that nothing else is ever sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from checks import catalogue
from checks.model import Cause, Question, Reply, Status, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.releases import RELEASE
from inventory.faults import BadInput
from inventory.model import Asset, Inventory, Login, Settings
from runner import judge, kept, manifest, probing
from runner.outcome import State
from runner.probing import Target
from runner.review import Reviewed, review
from runner.sessions import opening
from runner.sessions.base import Limits, Session, Undeclared
from tests.runner import city, peers

TCVN = catalogue.load("tcvn-11930-2017")
LOGIN = Login(id="probe", user=peers.USER, key="user", sudo=True)
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\ntoday=2026-11-21\n\nend\n'
OF_THE_WAY_IN = ("services", "firewall", "ssh")  # what depends on the port that was come in by


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", Target("localhost")),
        ("10.0.0.5", Target("10.0.0.5")),
        ("may-chu.quan1.gov.vn:2222", Target("may-chu.quan1.gov.vn", None, 2222)),
        ("quantri@10.0.0.5:22", Target("10.0.0.5", "quantri", 22)),
        ("2001:db8::5", Target("2001:db8::5")),
        ("quantri@[2001:db8::5]:2222", Target("2001:db8::5", "quantri", 2222)),
        ("[::1]", Target("::1")),
    ],
)
def test_what_names_a_machine(text: str, expected: Target) -> None:
    assert Target.of(text) == expected
    assert expected.is_here == (text == "localhost")
    machine = probing.city(expected, 3, None, None, Path("/none"))
    assert [one.address for one in machine.assets.values()] == [expected.host]


@pytest.mark.parametrize("text", ["", "@host", "host:", "host:ssh", "a b", "-oProxyCommand=x", "host;id", "a@[::1"])
def test_what_names_none(text: str) -> None:
    with pytest.raises(BadInput, match="names no machine"):
        probing.city(Target.of(text), 3, None, None, Path("/none"))


@pytest.mark.parametrize("port", ["host:0", "host:65536"])
def test_a_port_that_is_none(port: str) -> None:
    with pytest.raises(BadInput, match="names no machine"):
        probing.city(Target.of(port), 3, None, None, Path("/none"))


@dataclass
class Machine:
    """A session that answers every question with what `says` gives for it, and remembers what it was asked."""

    says: Mapping[str, str]
    cause: Cause | None = None
    asked: list[Question] = field(default_factory=list)
    allowed: frozenset[Question] = frozenset()
    closed: int = 0

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return ("hunter2",)

    async def open(self, _asset: Asset, allowed: frozenset[Question]) -> Session:
        self.allowed = allowed
        return self

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        assert self.allowed.issuperset(questions)
        self.asked += questions
        return {q: city.reply(q, self.says.get(q.command, ""), cause=self.cause, detail="hunter2") for q in questions}

    async def close(self) -> None:
        self.closed += 1


def probe(machine: Machine, *checks: str, level: int = 3) -> probing.Probed:
    inventory = probing.city(Target("10.0.0.5"), level, None, None, Path("/none"))
    return probing.probe(inventory, TCVN, checks, machine)


def only_asset(probed: probing.Probed) -> Asset:
    (asset,) = probed.plan.inventory.assets.values()
    return asset


def test_the_machine_says_which_platform_it_is_and_is_asked_nothing_twice() -> None:
    machine = Machine({RELEASE.command: DEBIAN})
    probed = probe(machine)
    assert only_asset(probed).platform == "debian"
    assert machine.asked[0] == RELEASE
    assert len(machine.asked) == len(set(machine.asked)) > 10
    assert machine.closed == 1
    outcome = probed.reviewed.outcome
    bound = TCVN.bind(only_asset(probed), probed.plan.inventory)
    assert [finding.check for finding in outcome.findings] == [one.id for one in bound]
    (release,) = (one for one in outcome.findings if one.check == "packages.supported_release")
    assert release.status is Status.PASS


def test_a_platform_that_no_check_knows_is_asked_nothing_more() -> None:
    machine = Machine({RELEASE.command: DEBIAN.replace("ID=debian", 'ID="alpine"')})
    probed = probe(machine)
    outcome = probed.reviewed.outcome
    assert machine.asked == [RELEASE]
    assert (outcome.state, outcome.cause) == (State.UNREACHED, Cause.UNSUPPORTED_PLATFORM)
    assert {(f.status, f.cause, f.actual.partition(":")[0]) for f in outcome.findings} == {
        (Status.UNKNOWN, Cause.UNSUPPORTED_PLATFORM, "alpine")
    }


@pytest.mark.parametrize("said", ["", "no such file", "ID=\x1b[31mdebian", "ID=$(reboot)", "NAME=ID=debian"])
def test_what_does_not_say_which_platform_it_is_is_none(said: str) -> None:
    machine = Machine({RELEASE.command: said})
    assert probe(machine).reviewed.outcome.cause is Cause.UNSUPPORTED_PLATFORM
    assert machine.asked == [RELEASE]


def test_trouble_with_the_first_question_is_the_trouble_of_all_and_shows_no_secret() -> None:
    machine = Machine({}, cause=Cause.NO_PROMPT)
    outcome = probe(machine).reviewed.outcome
    assert (outcome.state, outcome.cause) == (State.UNREACHED, Cause.NO_PROMPT)
    assert {(f.cause, f.actual) for f in outcome.findings} == {(Cause.NO_PROMPT, "[masked]")}
    assert (machine.asked, machine.closed) == ([RELEASE], 1)


def test_a_fault_of_ours_is_a_column_too() -> None:
    class Faulty(Machine):
        async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
            raise RuntimeError(f"{len(questions)} hunter2")

    machine = Faulty({})
    outcome = probe(machine).reviewed.outcome
    assert {(f.cause, f.actual) for f in outcome.findings} == {(Cause.CRASHED, "RuntimeError: 1 [masked]")}
    assert machine.closed == 1


@pytest.mark.parametrize("standard", catalogue.standards())
@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_at_every_level_a_check_declares_what_tells_the_platform(standard: str, level: int) -> None:
    machine, ruler = Machine({RELEASE.command: DEBIAN}), catalogue.load(standard)
    inventory = probing.city(Target("10.0.0.5"), level, None, None, Path("/none"))
    probing.probe(inventory, ruler, (), machine)
    (asset,) = inventory.assets.values()
    machines = [asset.model_copy(update={"platform": name}) for name in LINUX]
    assert machine.allowed == {question for one in machines for question in judge.questions(ruler.bind(one, inventory))}
    assert RELEASE in machine.allowed


def test_checks_that_are_chosen_are_asked_alone() -> None:
    machine = Machine({RELEASE.command: DEBIAN})
    probed = probe(machine, "time.daemon_running")
    assert [finding.check for finding in probed.reviewed.outcome.findings] == ["time.daemon_running"]
    bound = [one for one in TCVN.bind(only_asset(probed), probed.plan.inventory) if one.id == "time.daemon_running"]
    assert machine.asked == [RELEASE, *judge.questions(bound)]


def test_a_check_that_is_none_is_bad_input_before_anything_is_asked() -> None:
    machine = Machine({})
    with pytest.raises(BadInput, match=r"unknown check 'no\.such'"):
        probe(machine, "no.such")
    assert machine.asked == []


def test_what_the_city_has_declared_is_what_it_is_held_to() -> None:
    settings = Settings(format=1, name="Thành phố", mode="lab", parameters={"log_collectors": ["10.9.9.9"]})
    inventory = probing.city(Target("10.0.0.5"), 2, settings, None, Path("/none"))
    probed = probing.probe(inventory, TCVN, (), Machine({RELEASE.command: DEBIAN}))
    bound = probed.plan.bound(only_asset(probed))
    assert {(one.want.level, tuple(one.want["log_collectors"])) for one in bound} == {(2, ("10.9.9.9",))}
    assert probed.header("test", "x")["mode"] == "lab"


def test_a_probe_that_is_kept_can_be_verified(tmp_path: Path) -> None:
    folders = [probe(Machine({RELEASE.command: DEBIAN})).keep(tmp_path / "kept", "test") for _ in range(2)]
    for folder in folders:
        run = kept.read(folder)
        assert run.complete
        (folder / manifest.RESULTS).write_text("{}")
        manifest.seal(folder)
        assert manifest.verify(folder) == []
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def over_ssh(server: peers.Sshd, login: Login = LOGIN) -> tuple[Target, Inventory]:
    server.known()
    target = Target(server.host.address, login.user, server.host.port)
    return target, probing.city(target, 3, None, login, server.folder)


def test_here_and_over_ssh_the_same_is_found(server: peers.Sshd) -> None:
    found = []
    here = Target("localhost")
    for target, inventory in ((here, probing.city(here, 3, None, None, Path("/none"))), over_ssh(server)):
        with probing.sessions(target, inventory) as source:
            probed = probing.probe(inventory, TCVN, (), source)
        outcome = probed.reviewed.outcome
        assert outcome.state is not State.UNREACHED, outcome.cause
        alike = [one for one in outcome.findings if one.check.partition(".")[0] not in OF_THE_WAY_IN]
        found.append((only_asset(probed).platform, {one.check: (one.status, one.cause) for one in alike}))
    assert found[0] == found[1]


def test_a_host_without_a_trusted_key_is_not_logged_into(server: peers.Sshd, tmp_path: Path) -> None:
    target = Target(server.host.address, peers.USER, server.host.port)
    inventory = probing.city(target, 3, None, LOGIN.model_copy(update={"key": str(server.folder / "user")}), tmp_path)
    before = server.log.count("Accepted publickey")
    with probing.sessions(target, inventory) as source:
        outcome = probing.probe(inventory, TCVN, (), source).reviewed.outcome
    assert outcome.cause is Cause.HOST_KEY_UNKNOWN
    assert server.log.count("Accepted publickey") == before


@dataclass
class Wiretap:
    """A shell whose every byte of input is written down before it is run."""

    heard: bytearray = field(default_factory=bytearray)

    async def __call__(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self.heard += (process.command or "").encode() if isinstance(process.command, str) else process.command or b""
        listened = process.stdin.read

        async def read(n: int = -1) -> bytes:
            data = await listened(n)
            self.heard.extend(data)
            return data

        process.stdin.read = read  # type: ignore[method-assign]
        await peers.real_shell(process)


WANTED, UNWANTED = Question("echo declared"), "echo undeclared-command"


@asks(WANTED)
def tries_another(host: Any, _: Want) -> Verdict:
    return judged(True, "", host.run(UNWANTED).stdout)


@asks(WANTED)
def tries_a_module(host: Any, _: Want) -> Verdict:
    return judged(host.file("/undeclared-command").exists, "", "")


@asks(WANTED)
def asks_what_it_declared(host: Any, _: Want) -> Verdict:
    return judged(True, "", host.run(WANTED.command).stdout)


TRICKS = (tries_another, tries_a_module, asks_what_it_declared)


async def tapped(workspace: Path, tap: Wiretap) -> Reviewed:
    """What came of `TRICKS` on a server that writes down all that it is told."""
    async with peers.peer(tap) as peer:
        peer.known(workspace)
        login = Login(id="audit", user=peers.USER, password="env:RASOAT_TEST_PASSWORD", sudo=True)
        asset = city.asset("a", address=peer.host.address, port=peer.host.port)
        inventory = city.inventory(workspace, [asset], login)
        with ThreadPoolExecutor(1) as threads:
            source = opening.live(inventory, inventory.assets, Limits(), threads)
            return await review(asset, city.catalogue(TRICKS).bind(asset, inventory), source)


def test_a_check_that_tries_another_command_crashes_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASOAT_TEST_PASSWORD", peers.PASSWORD)
    tap = Wiretap()
    reviewed = asyncio.run(tapped(tmp_path, tap))
    found = {finding.check.removeprefix("test."): finding for finding in reviewed.outcome.findings}
    assert {name: (finding.status, finding.cause) for name, finding in found.items()} == {
        "tries_another": (Status.UNKNOWN, Cause.CRASHED),
        "tries_a_module": (Status.UNKNOWN, Cause.CRASHED),
        "asks_what_it_declared": (Status.PASS, None),
    }
    assert found["tries_another"].actual == f"Undeclared: {UNWANTED}"
    assert WANTED.command.encode() in tap.heard
    assert b"undeclared-command" not in tap.heard


async def refused(workspace: Path, tap: Wiretap) -> None:
    """Ask a session for what is not on its list."""
    async with peers.peer(tap) as peer:
        peer.known(workspace)
        login = Login(id="audit", user=peers.USER, password="env:RASOAT_TEST_PASSWORD")
        asset = city.asset("a", address=peer.host.address, port=peer.host.port)
        inventory = city.inventory(workspace, [asset], login)
        with ThreadPoolExecutor(1) as threads:
            session = await opening.live(inventory, inventory.assets, Limits(), threads).open(
                asset, frozenset({WANTED})
            )
            try:
                for more in (Question(UNWANTED), Question(WANTED.command, root=True)):
                    with pytest.raises(Undeclared):
                        await session.ask([WANTED, more])
            finally:
                await session.close()


def test_a_session_refuses_what_is_not_on_its_list_before_a_byte_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASOAT_TEST_PASSWORD", peers.PASSWORD)
    tap = Wiretap()
    asyncio.run(refused(tmp_path, tap))
    assert tap.heard == b""
