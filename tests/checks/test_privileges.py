from __future__ import annotations

from collections.abc import Callable

from checks.catalogue import BoundCheck, Card, Check
from checks.model import Ask, Cause, Question, Unknown, Want
from checks.privileges import sudo_commands
from inventory.model import Asset, AssetKind

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
