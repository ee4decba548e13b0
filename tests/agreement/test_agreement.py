"""The judges' words are read as they are meant; the page is what was recorded, and each difference has its reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from tests.agreement import city, judges, page
from tests.agreement.__main__ import PAGE, RECORDED
from tests.agreement.questions import Asked, Question, asked

ENOUGH = 30
OSCAP = """\
Title
\tDisable SSH Root Login
Rule
\txccdf_org.ssgproject.content_rule_sshd_disable_root_login
Result
\tfail

Title\tEnsure rsyslog is Installed
Rule\txccdf_org.ssgproject.content_rule_package_rsyslog_installed
Result\tpass

Title\tEnable auditd Service
Rule\txccdf_org.ssgproject.content_rule_service_auditd_enabled
Result\terror
"""
LYNIS = """\
suggestion[]=SSH-7408|Consider hardening SSH configuration|PermitRootLogin (set YES to NO)|-|
warning[]=AUTH-9204|Multiple users with UID 0|-|-|
details[]=KRNL-6000|sysctl|desc:x;field:net.ipv4.conf.all.log_martians;prefval:1;value:0;|
tests_executed=SSH-7408|AUTH-9204|KRNL-6000|LOGG-2130|
tests_skipped=LOGG-2154|
"""


@pytest.fixture(scope="module")
def said() -> Any:
    return json.loads(RECORDED.read_bytes())


def test_oscap_is_read_rule_by_rule() -> None:
    found = judges.oscap(OSCAP)
    assert found == {
        "sshd_disable_root_login": False,
        "package_rsyslog_installed": True,
        "service_auditd_enabled": None,
    }


def test_lynis_is_content_where_it_ran_a_test_and_said_nothing() -> None:
    tests = ["SSH-7408:PermitRootLogin", "SSH-7408:MaxAuthTries", "AUTH-9204", "LOGG-2130", "LOGG-2154"]
    tests += ["KRNL-6000:log_martians", "KRNL-6000:rp_filter"]
    assert [*judges.lynis(LYNIS, tests).values()] == [False, True, False, True, None, False, True]


def test_ssh_audit_fails_a_list_with_one_broken_algorithm() -> None:
    good, weak = {"algorithm": "a", "notes": {"warn": ["x"]}}, {"algorithm": "b", "notes": {"fail": ["broken"]}}
    told = {"kex": [good], "key": [good, weak], "enc": [good], "mac": []}
    assert judges.ssh_audit(told) == {"kex": True, "host_keys": False, "ciphers": True, "macs": None}


def test_at_least_thirty_questions_are_answered_by_both(said: Any) -> None:
    assert sum(one.is_answered for one in page.answers(asked(), said)) >= ENOUGH


def test_every_question_is_of_a_check_that_exists() -> None:
    assert {one.check for one in asked().questions} <= catalogue.load("tcvn-11930-2017").checks.keys()


def test_each_difference_and_each_silence_has_its_reason(said: Any) -> None:
    for one in page.answers(asked(), said):
        for host in one.hosts("differs"):
            assert one.why(host), f"{one.question.check}, {one.question.judge}, {host}: {one.on[host]}"
        if one.hosts("untold"):
            assert one.question.why.get("untold"), f"{one.question.check}, {one.question.judge}"


def test_no_reason_is_kept_for_what_is_no_longer_so(said: Any) -> None:
    for one in page.answers(asked(), said):
        reasons = {host for host in one.question.why if host != "untold"}
        assert not reasons or one.hosts("differs"), f"{one.question.check}, {one.question.judge}"


def test_the_page_is_what_was_recorded(said: Any) -> None:
    assert PAGE.read_text(encoding="utf-8") == page.text(asked(), said)


def test_the_profile_for_oscap_selects_what_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "tailoring.xml"
    one = Question(check="ssh.root_login_off", judge="oscap", tests=("sshd_disable_root_login",))
    small = Asked(hosts=("h",), values={}, needed={"oscap": (), "lynis": (), "ssh-audit": ()}, questions=(one,))
    file.write_text(city._tailoring(small), encoding="utf-8")
    command = ["oscap", "info", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert city.PROFILE in done.stdout
