from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from checks import catalogue, privileges
from checks.catalogue import BoundCheck, Card, Check
from checks.model import Ask, Cause, Question, Unknown, Want
from checks.privileges import apart, order, sudo_commands, together
from inventory import load
from inventory.model import Asset, AssetKind
from inventory.workspace import init

ASSET = Asset(id="s", site="79", systems=("x",), kind=AssetKind.SERVER, platform="debian", address="192.0.2.1")
WORDS = {"vi": "a", "en": "a"}
CARD = Card.model_validate({"kind": "server", "severity": "low", "title": WORDS, "why": WORDS, "remedy": WORDS})


def bound(*asked: Ask, platforms: tuple[str, ...] = ()) -> BoundCheck:
    function: Callable[..., None] = lambda _host, _want: None  # noqa: E731  # never called
    check = Check("topic.name", CARD, function, asked, platforms)  # type: ignore[arg-type]  # judges nothing here
    return BoundCheck(check, Want(ASSET, 3, {}), ())


def test_only_what_is_asked_as_root_is_granted_and_each_command_once() -> None:
    root, plain = Question("/usr/bin/cat /etc/shadow", root=True), Question("cat /etc/passwd")
    assert sudo_commands([bound(root, plain), bound(root)]) == ("/usr/bin/cat /etc/shadow",)


def test_a_program_without_a_folder_is_granted_in_the_systems_folders() -> None:
    assert sudo_commands([bound(Question("sshd -T", root=True))]) == ("/usr/bin/sshd -T", "/usr/sbin/sshd -T")


def test_a_command_without_words_is_granted_without_words_only() -> None:
    assert sudo_commands([bound(Question("/usr/sbin/auditctl", root=True))]) == ('/usr/sbin/auditctl ""',)


def test_what_sudo_would_read_as_a_pattern_is_escaped() -> None:
    question = Question("/usr/bin/find /etc -name '*.key' -newer a:b", root=True)
    assert sudo_commands([bound(question)]) == (r"/usr/bin/find /etc -name \*.key -newer a\:b",)


def test_a_check_that_cannot_be_asked_here_grants_nothing() -> None:
    def nothing(_want: Want) -> Question:
        raise Unknown(Cause.NOT_RUN, "nothing to ask")

    root = Question("/usr/bin/true", root=True)
    assert sudo_commands([bound(nothing), bound(root, platforms=("windows",))]) == ()


LIST, SEARCH = Question("passwd -S -a", root=True), Question("/usr/bin/find /etc -name '*.key'", root=True, seconds=20)
SPACED = Question("/usr/bin/stat -c '%a %n' /etc/shadow", root=True)


def test_all_that_is_asked_as_root_is_granted_as_one_command_too() -> None:
    granted = sudo_commands([bound(LIST, SEARCH, Question("true"), SPACED)])
    (joined,) = set(granted) - {
        rule for question in (LIST, SEARCH, SPACED) for rule in sudo_commands([bound(question)])
    }
    assert joined.startswith("/usr/bin/timeout -k 2 25 /bin/sh -c export\\\t")


def test_the_joined_command_has_no_space_at_which_sudo_could_take_it_for_other_words() -> None:
    command = together([SEARCH, LIST, SPACED])
    assert command == together([LIST, SPACED, SEARCH])
    *_, script = shlex.split(command)
    assert apart(command) == (SEARCH.command, SPACED.command, LIST.command)
    assert list(order([LIST, SPACED, SEARCH])) == [SEARCH, SPACED, LIST]
    cuts = [script[:at] for at, sign in enumerate(script) if sign == " "]
    assert len(cuts) == 1
    for cut in cuts:  # what would run if sudo were given fewer words of it
        done = subprocess.run(["/bin/sh", "-c", cut], input="m 0\n", capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")


def test_what_one_command_would_not_serve_is_granted_by_itself_alone() -> None:
    shell = Question("cat /etc/shadow | wc -l", root=True)
    assert together([LIST]) == together([LIST, shell]) == together([Question("true"), Question("id")]) == ""


def test_the_joined_command_answers_in_frames_as_the_wire_wants_them() -> None:
    asked = [Question("/usr/bin/printf 'a%s' x", root=True), Question("/usr/bin/sh -c false", root=True)]
    asked.append(Question("/usr/bin/test 'a b' = 'a b'", root=True))
    mark = "0123456789abcdef" * 2
    done = subprocess.run(
        shlex.split(together(asked)), input=f"{mark} 7\n", capture_output=True, text=True, check=False, timeout=20
    )
    assert done.stdout == f"ax{mark} 8 0\n{mark} 9 1\n{mark} 10 0\n"
    assert done.stderr == f"{mark} 8 0\n{mark} 9 1\n{mark} 10 0\n"


@pytest.mark.parametrize("level", [1, 2, 4])
def test_an_audit_by_any_standard_asks_root_in_one_command(tmp_path: Path, level: int) -> None:
    """By each alone, and by all in one walk: else a city that is judged by both would ask each question by itself."""
    init(tmp_path, "own")
    records = {
        "systems": [{"id": "x", "name": "Hệ thống", "owner": load.load(tmp_path).city.id, "level": level}],
        "assets": [ASSET.model_dump(mode="json", exclude_defaults=True) | {"site": "thanh-pho"}],
    }
    (tmp_path / "inventory/mine.yaml").write_text(yaml.safe_dump(records), encoding="utf-8")
    inventory = load.load(tmp_path)
    rulers = [catalogue.load(name) for name in catalogue.standards()]
    asked = [[q for check in ruler.bind(ASSET, inventory) for q in _of(check)] for ruler in rulers]
    if level == 1:
        assert {q.command for q in asked[0] if q.root} != {q.command for q in asked[1] if q.root}
    granted = privileges.of_asset(ASSET, inventory)
    for walk in (*asked, [q for questions in asked for q in questions]):
        assert sudo_commands([bound(*walk)])[-1] in granted
        assert {*sudo_commands([bound(*walk)])} <= {*granted}


def _of(check: BoundCheck) -> tuple[Question, ...]:
    try:
        return check.questions()
    except Unknown:
        return ()
