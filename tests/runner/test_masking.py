"""Secrets in replies: gone before anything is judged or kept; what is none stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model import AssetKind
from runner import masking
from runner.masking import MASKED, Mask
from tests.checks.connectivity import replay as connectivity
from tests.checks.protections import replay as protections

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nQyNTUxOQ==\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (KEY, f"-----BEGIN OPENSSH PRIVATE KEY-----{MASKED}-----END OPENSSH PRIVATE KEY-----\n"),
        (KEY[:60], f"-----BEGIN OPENSSH PRIVATE KEY-----{MASKED}"),
        ("lan:$6$salt$4hAsHhAsH/.:20000:0", f"lan:$6${MASKED}:20000:0"),
        ("lan:$y$j9T$salt$4hAsHhAsH/.:20000:0", f"lan:$y${MASKED}:20000:0"),
        ("db.password = hunter2 # x", f"db.password = {MASKED} # x"),
        ('"token": "abc def", "n": 1', f'"token": "{MASKED}", "n": 1'),
        ("/etc/app.conf:admin_password=hunter2", f"/etc/app.conf:admin_password={MASKED}"),
        ("run --token=hunter2 --on", f"run --token={MASKED} --on"),
        ("API_KEY='x'", f"API_KEY='{MASKED}'"),
        ("proxy http://lan:hunter2@proxy:3128/", f"proxy http://lan:{MASKED}@proxy:3128/"),
        (
            "deb https://hunter2:@packages.example/ bookworm main",
            f"deb https://{MASKED}@packages.example/ bookworm main",
        ),
        (
            "deb https://hunter2@packages.example/ bookworm main",
            f"deb https://{MASKED}@packages.example/ bookworm main",
        ),
        (
            "0 1 * * * AWS_SECRET_ACCESS_KEY=hunter2 restic backup",
            f"0 1 * * * AWS_SECRET_ACCESS_KEY={MASKED} restic backup",
        ),
        ("B2_ACCOUNT_KEY='hunter2' restic", f"B2_ACCOUNT_KEY='{MASKED}' restic"),
        (
            "auth required pam_yubico.so id=16 key=hunter2= debug",
            f"auth required pam_yubico.so id=16 key={MASKED} debug",
        ),
        (
            "auth required pam_mysql.so user=lan passwd=hunter2 db=x",
            f"auth required pam_mysql.so user=lan passwd={MASKED} db=x",
        ),
        ("ssl_passphrase_command = 'echo hunter2'", f"ssl_passphrase_command = '{MASKED}'"),
        ("rocommunity hunter2 default", f"rocommunity {MASKED}"),
        ("/etc/snmp/snmpd.conf: rwcommunity6 'hunter2'", f"/etc/snmp/snmpd.conf: rwcommunity6 {MASKED}"),
        ("com2sec -Cn net reader default hunter2", f"com2sec -Cn net reader default {MASKED}"),
        ("trap2sink 10.0.0.1 hunter2 162", f"trap2sink 10.0.0.1 {MASKED}"),
        ("authCommunity log,execute hunter2", f"authCommunity log,execute {MASKED}"),
        ("createUser -e 0x80 audit SHA hunter2 AES hunter3", f"createUser -e 0x80 audit {MASKED}"),
        ("/var/lib/snmp/snmpd.conf:usmUser 1 3 0x80 0xaa", f"/var/lib/snmp/snmpd.conf:usmUser {MASKED}"),
        ("defAuthPassphrase hunter2", f"defAuthPassphrase {MASKED}"),
        ("trapsess -v 3 -A hunter2 10.0.0.1", f"trapsess {MASKED}"),
        ("/etc/cron.d/b:@daily root mysqldump -phunter2 db", f"/etc/cron.d/b:@daily root mysqldump -p{MASKED} db"),
        ("@daily root sshpass -p hunter2 rsync a b", f"@daily root sshpass -p {MASKED} rsync a b"),
        ("mongodump --password hunter2 --db x", f"mongodump --password {MASKED} --db x"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, masked: str) -> None:
    assert Mask().text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("enable secret 9 $9$abcdefghij", f"enable secret 9 {MASKED}"),
        ("username lan privilege 15 password 7 0822455D", f"username lan privilege 15 password 7 {MASKED}"),
        ("snmp-server community public RO", f"snmp-server community {MASKED} RO"),
        (" neighbor 10.0.0.1 password hunter2", f" neighbor 10.0.0.1 password {MASKED}"),
        (" ip ospf message-digest-key 1 md5 hunter2", f" ip ospf message-digest-key 1 md5 {MASKED}"),
        ("service password-encryption", "service password-encryption"),
    ],
)
def test_devices_have_forms_of_their_own(text: str, masked: str) -> None:
    assert Mask(device=True).text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "passwordauthentication no\npermitemptypasswords no\nusepam yes\n",
        "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\n",
        "password requisite pam_pwquality.so retry=3 minlen=12\n",
        "/etc/pam.d/common-password:password requisite pam_pwquality.so retry=3\n",
        "Password expires : never\nLast password change : Nov 21, 2026\n",
        "quantri ALL=(ALL) NOPASSWD: ALL\nDefaults passwd_timeout=1\n",
        "root:*:20228:0:99999:7:::\nlan:!:20228:0:99999:7:::\n",
        "PASS_MAX_DAYS\t99999\nENCRYPT_METHOD YESCRYPT\n",
        "passwd: files systemd\n",
        "restic -r sftp:saoluu@kho.example:/may backup /etc\nssh://saoluu@kho.example/kho\n",
    ],
)
def test_what_checks_must_read_stays_as_it_is(text: str) -> None:
    assert Mask().text(text) == text


@given(st.text(), st.text(min_size=4), st.text())
def test_a_known_secret_is_found_nowhere(before: str, secret: str, after: str) -> None:
    masked = Mask((secret,)).text(before + secret + after)
    assert secret not in masked.replace(MASKED, "") or secret in MASKED


@pytest.mark.parametrize("case", list(connectivity.cases()), ids=str)
def test_no_recorded_verdict_on_a_device_is_changed_by_masking(case: connectivity.Case) -> None:
    mask = Mask(device=case.want.asset.kind is AssetKind.DEVICE)
    masked = {question: mask.text(text) for question, text in case.replies.items()}
    assert replace(case, replies=masked).found()["status"] == case.found()["status"]


@pytest.mark.parametrize("case", list(protections.cases()), ids=str)
def test_no_recorded_verdict_on_a_server_is_changed_by_masking(case: protections.Case) -> None:
    mask = Mask()
    masked = {q: replace(r, stdout=mask.text(r.stdout), stderr=mask.text(r.stderr)) for q, r in case.replies.items()}
    assert replace(case, replies=masked).found()["status"] == case.found()["status"]


def test_a_secret_within_a_longer_one_leaves_nothing_of_it() -> None:
    assert Mask(("hunter2", "hunter2-longer")).text("x hunter2-longer x") == f"x {MASKED} x"


PIECES = st.sampled_from(
    [*"-_:= \t\n'\"/7x", "Password", "secret", "API", "key", "community", "toKen", "md5", "key-string", "hunter2", "ı"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_a_text_without_the_words_is_left_alone_for_good_reason(
    text: str,
    device: bool,
) -> None:
    beyond = "\n\nđ"  # with such a letter in it, every pattern is tried
    assert Mask(device=device).text(text + beyond) == Mask(device=device).text(text) + beyond


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("    set password ENC SH2bmF5LWxhLWJpLW1hdA==", f"    set password ENC SH2{MASKED}"),
        (" local-user quantri password irreversible-cipher $1c$abcdefgh$ij$", f"password irreversible-cipher {MASKED}"),
        ("snmp-agent community read cipher %^%#bi-mat%^%#", f"snmp-agent community read cipher {MASKED}"),
        ("radius-server shared-key cipher %^%#bi-mat%^%#", f"radius-server shared-key cipher {MASKED}"),
        ("snmp-server host 10.1.1.1 version 2c bimat", f"snmp-server host 10.1.1.1 version 2c {MASKED}"),
        ("tacacs-server key 7 082245", f"tacacs-server key 7 {MASKED}"),
        ("ntp authentication-key 1 md5 082245 7", f"ntp authentication-key 1 md5 {MASKED} 7"),
    ],
)
def test_secrets_as_makers_write_them_are_masked_once_and_keep_their_kind(line: str, masked: str) -> None:
    """How a secret is kept is judged, so the word that tells it stays; what was masked is not masked again."""
    mask = Mask(device=True)
    assert masked in mask.text(line)
    assert mask.text(mask.text(line)) == mask.text(line)


@pytest.mark.parametrize(
    "line", ["ssh server cipher aes256_gcm aes128_gcm", "key chain OSPF", "ntp server 10.0.0.1 key 1"]
)
def test_words_that_only_look_like_a_maker_s_secret_stay(line: str) -> None:
    assert Mask(device=True).text(line) == line


WORDS = (
    "password",
    "PassPhrase",
    "to\u212aen",
    "apI-key",
    "snmp-server",
    "host",
    "rocommunity",
    "key",
    "defAuthMasterKey",
)
MORE = (
    ":",
    "=",
    " ",
    "\t",
    "\n",
    "\r\n",
    "x9",
    "'",
    "/etc/a:",
    "version 2c ",
    "md5",
    "com2sec",
    "createUser",
    "-e",
    "\u1ead",
)


@given(st.lists(st.sampled_from(WORDS + MORE), max_size=40).map("".join), st.booleans())
def test_to_look_at_lines_with_names_alone_finds_what_looking_at_all_finds(
    text: str,
    device: bool,
) -> None:
    mask = Mask(device=device)
    assert masking._in_lines_with(names(device), mask._named, text) == mask._named(text)


def names(device: bool) -> tuple[str, ...]:
    return (*masking.NAMES, *(masking.CONFIGURED_NAMES if device else ()))
