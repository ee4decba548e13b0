"""Vendor devices: asked at their prompt, answered whole, and told nothing but questions."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from checks.model import Cause, Question
from runner.sessions import device as sessions
from runner.sessions.base import Undeclared, Unreached
from runner.sessions.credentials import Credentials
from tests.runner import devices, peers
from tests.runner.devices import CISCO, FORTIOS, HUAWEI, JUNOS, LIMITS, MODELS, Device, Model, asked


def questions_of(model: Model) -> list[Question]:
    return [Question(command) for command in model.says if command not in model.harmless]


@pytest.mark.parametrize("platform", MODELS)
def test_a_device_is_asked_its_questions_and_told_nothing_else(platform: str, tmp_path: Path) -> None:
    model = MODELS[platform]
    questions = questions_of(model)
    replies, there = asked(model, questions, tmp_path)
    for question, reply in replies.items():
        assert (reply.stdout, reply.cause) == (model.says[question.command].replace("\r\n", "\n"), None)
        assert (reply.exit_status, reply.login) == (None, "audit")
    commands = [question.command for question in questions]
    assert devices.typed_beyond(there, commands) == set()
    assert [line for line in there.typed if line in commands] == commands
    assert there.users == [model.user]


@pytest.mark.parametrize("platform", MODELS)
def test_a_command_that_the_device_does_not_know_is_no_tool(platform: str, tmp_path: Path) -> None:
    model = MODELS[platform]
    wrong, right = Question("show nonsense"), questions_of(model)[0]
    replies, _ = asked(model, [wrong, right], tmp_path)
    assert replies[wrong].cause is Cause.NO_TOOL
    assert replies[wrong].detail in model.unknown
    assert replies[right].cause is None


def test_a_prompt_in_the_text_of_an_answer_does_not_end_it(tmp_path: Path) -> None:
    question = Question("show running-config")
    replies, _ = asked(CISCO, [question], tmp_path)
    assert replies[question].stdout.endswith("core-1# Chào ^C\nend\n")


def test_pages_are_turned_and_leave_no_mark(tmp_path: Path) -> None:
    status = Question("get system status")
    replies, there = asked(FORTIOS, [status], tmp_path)
    assert "More" not in replies[status].stdout
    assert replies[status].stdout.count("\n") == 61
    assert there.typed.count(" ") == 3


def test_a_prompt_of_a_device_without_rights_is_a_prompt(tmp_path: Path) -> None:
    model = replace(FORTIOS, prompt="FGT-1 (root) $ ", greeting="", answers_greeting="")
    show = Question("show system global")
    replies, _ = asked(model, [show], tmp_path)
    assert replies[show].stdout == model.says[show.command].replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("model", "refusal"),
    [
        (CISCO, "Command authorization failed."),
        (HUAWEI, "Error: You do not have permission to run the command."),
        (JUNOS, "error: permission denied: version"),
        (MODELS["mikrotik_routeros"], "not enough permissions (9)"),
        (FORTIOS, "Permission denied"),
    ],
)
def test_a_command_that_the_login_may_not_give_is_no_privilege(model: Model, refusal: str, tmp_path: Path) -> None:
    question = questions_of(model)[0]
    forbidden = replace(model, says={**model.says, question.command: f"{refusal}\r\n"})
    replies, _ = asked(forbidden, [question], tmp_path)
    assert (replies[question].cause, replies[question].detail) == (Cause.NO_PRIVILEGE, refusal)


def test_a_device_that_wants_something_else_first_gives_no_prompt(tmp_path: Path) -> None:
    model = replace(HUAWEI, greeting="There are security risks in the configuration file. Continue? [y/n]>")
    with pytest.raises(Unreached) as caught:
        asked(model, [Question("display version")], tmp_path)
    assert caught.value.cause is Cause.NO_PROMPT


def test_a_device_that_never_shows_a_prompt(tmp_path: Path) -> None:
    model = replace(CISCO, prompt="", greeting="one moment")
    with pytest.raises(Unreached) as caught:
        asked(model, [Question("show version")], tmp_path, replace(LIMITS, login=1.5))
    assert caught.value.cause is Cause.NO_PROMPT


def test_an_answer_without_an_end_is_given_up_and_the_rest_not_asked(tmp_path: Path) -> None:
    stuck, never = Question("show version", seconds=0.5), Question("show running-config")
    replies, there = asked(replace(CISCO, hangs_at=stuck.command), [stuck, never], tmp_path)
    assert (replies[stuck].cause, replies[never].cause) == (Cause.TIMEOUT, Cause.NOT_RUN)
    assert never.command not in there.typed


@pytest.mark.parametrize("model", [CISCO, JUNOS], ids=["cisco_ios", "juniper_junos"])
def test_an_answer_that_is_cut_anywhere_is_no_answer(model: Model, tmp_path: Path) -> None:
    question = questions_of(model)[0]
    behind = f"{model.before_prompt}{model.prompt}"
    whole = len(f"{model.says[question.command]}{behind}\r\n{behind}".rstrip())
    for size in [*range(1, whole, 11), whole - 1]:
        replies, _ = asked(replace(model, cut=size), [question], tmp_path)
        assert replies[question].cause is Cause.UNREADABLE, size
    replies, _ = asked(replace(model, cut=whole + 1), [question], tmp_path)
    assert replies[question].cause is None


def test_more_than_may_be_kept_is_unreadable_and_the_next_is_answered(tmp_path: Path) -> None:
    long, after = Question("show log"), Question("show version")
    model = replace(CISCO, says={**CISCO.says, long.command: "x" * 99 + "\r\n" + ("y" * 99 + "\r\n") * 1000})
    replies, _ = asked(model, [long, after], tmp_path)
    assert replies[long].cause is Cause.UNREADABLE
    assert len(replies[long].stdout) == LIMITS.output
    assert replies[after].cause is None


def test_root_is_nothing_that_such_a_device_knows(tmp_path: Path) -> None:
    root, plain = Question("show version", root=True), Question("show running-config")
    replies, there = asked(CISCO, [root, plain], tmp_path)
    assert (replies[root].cause, replies[plain].cause) == (Cause.NO_PRIVILEGE, None)
    assert root.command not in there.typed


def test_a_driver_types_nothing_that_is_not_listed(tmp_path: Path) -> None:
    async def meet() -> Device:
        async with devices.device(CISCO) as there:
            with ThreadPoolExecutor(1) as threads:
                login = Credentials("audit", password=peers.PASSWORD)
                terminal = sessions.Terminal("cisco_ios", there.host, login, LIMITS)
                allowed = frozenset([Question("show version")])
                session = await sessions.connect(terminal, there.known(tmp_path).keys(there.host), allowed, threads)
                driver = session._driver  # netmiko's own ways to change a device, tried on purpose
                for change in (driver.config_mode, driver.save_config, lambda: driver.write_channel("reload\n")):
                    with pytest.raises(Undeclared):
                        await asyncio.to_thread(change)
                await session.close()
            return there

    there = asyncio.run(meet())
    assert devices.typed_beyond(there, ["show version"]) == set()
