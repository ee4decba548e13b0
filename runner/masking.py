"""What looks like a secret is taken out of a reply before it is judged, kept or shown (law 8).

Masked text is what checks read too, so a verdict never rests on what its evidence does not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from checks.model import Reply

MASKED: Final = "[masked]"
SHORTEST = 4  # characters of a known secret; a shorter one stands in too many innocent words

PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:(?=-----END )|\Z)", re.S)
CRYPT_HASH = re.compile(r"(\$(?:[1-9][a-z]?|g?y|2[abxy]|sha1|md5|argon2\w*|scrypt)\$)[^\s:'\"]{8,}")
IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)")
# Before an address of HTTP a name without a password is a key: packages of a paid source (`https://KEY:@host/`).
KEY_IN_ADDRESS = re.compile(r"(https?://)(?!\[masked\])[^\s/@:]+:?(?=@)", re.I)
# pam_yubico(8): the key for Yubico's service. Bounded, for a hostile line may name it a million times.
PAM_KEY = re.compile(r"(pam_yubico[^\n]{0,200}?[ \t]key=)(?!\[masked\])\S+")
# A path before a colon, as grep prints it, is no name of a value: `/etc/pam.d/common-password:password requisite …`
ASSIGNED = re.compile(
    r"^/[^\s:=]+:(?=\S)|((?:(?:password|passphrase(?:_command)?|secret(?:_access_key|_key)?|account_key|token|api[_-]?key|community)"
    r"[\"']?[ \t]*[:=]|passwd=)[ \t]*)"
    r"(?:(?P<quote>[\"'])[^\"'\n]*(?P=quote)|[^\s,;\"']+)",
    re.I | re.M,
)
# Lines of network devices: `enable secret 9 …`, `username x password 7 …`, `neighbor … password …`, `… community …`
CONFIGURED = re.compile(
    r"^([ \t]*(?:[\w.:/-]+[ \t]+){0,4}?"
    r"(?:password|secret|community|key-string|authentication-key|pre-shared-key|md5)[ \t]+"
    r"(?:(?:\d{1,2}|cipher|irreversible-cipher|encrypted|simple|read|write|ENC|md5)[ \t]+){0,2}+(?:SH2|PB2|AK1)?+)"
    r"(?!\[masked\])[^\s]+",
    re.I | re.M,
)
# Keys of central services behind their type, communities of trap hosts, and what VRP has enciphered, whatever it is.
KEYED = re.compile(
    r"((?:server|^[ \t]*)[ \t]*key[ \t]+(?:\d[ \t]+)?+|^[ \t]*snmp-server host [^\n]*? version (?:1|2c) |"
    r"cipher[ \t]+(?=[%$@]))(?!\[masked\]|chain\b)[^\s]+",
    re.I | re.M,
)
# Options of a command: `--password x`, and `-px` or `-p x` of those programs that take a password so. Bounded, for a
# hostile line may name them a million times.
OPTION = re.compile(r"(--(?:password|passwd|pass|passphrase|secret|token|api-?key)[ \t]+)(?!\[masked\]|[ \t-])\S+")
SHORT_OPTION = re.compile(
    r"((?:mysql\w{0,30}|mariadb[\w-]{0,30}|mongo\w{0,30}|sshpass)[ \t][^\n;|&]{0,200}?(?<=[ \t])-p[ \t]?)"
    r"(?!\[masked\]|[ \t-])\S+"
)
# Net-SNMP's files (snmpd.conf(5), snmp.conf(5), snmptrapd.conf(5)): from the first secret on, the rest of the line.
SNMP = re.compile(
    r"^((?:/[^\s:]+:)?[ \t]*(?:(?:ro|rw|trap|def)community6?|def(?:auth|priv)?passphrase|def(?:auth|priv)\w*key|"
    r"usmuser|authcommunity[ \t]+\S+|(?:trap2?|inform)sink[ \t]+\S+|createuser(?:[ \t]+-e[ \t]+\S+)?[ \t]+\S+|"
    r"com2sec(?:6|unix)?(?:[ \t]+-Cn[ \t]+\S+)?[ \t]+\S+[ \t]+\S+|(?:trapsess|proxy)(?=[ \t]+-))[ \t]+)\S.*",
    re.I | re.M,
)
# In a line without one of these words no pattern of names finds anything. Most lines have none, and to look is cheap.
NAMES = (
    *("password", "passphrase", "secret", "token", "api", "community", "account_key", "passwd="),
    *("defauth", "defpriv", "usmuser", "sink", "createuser", "com2sec", "trapsess", "proxy"),
)
CONFIGURED_NAMES = ("key", "md5", "version 1", "version 2c", "cipher")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f][^\n]*")


@dataclass(frozen=True)
class Mask:
    """Hides secrets by their shape, and `known` ones wherever they stand; `device` adds network devices' own forms."""

    known: Sequence[str] = ()
    device: bool = False

    def text(self, text: str) -> str:
        for secret in sorted((known for known in self.known if len(known) >= SHORTEST), key=len, reverse=True):
            text = text.replace(secret, MASKED)
        text = PRIVATE_KEY.sub(rf"\1{MASKED}", text)
        text = CRYPT_HASH.sub(rf"\1{MASKED}", text)
        for shape in (IN_ADDRESS, KEY_IN_ADDRESS, PAM_KEY, OPTION, SHORT_OPTION):
            text = shape.sub(rf"\1{MASKED}", text)
        return _in_lines_with((*NAMES, *(CONFIGURED_NAMES if self.device else ())), self._named, text)

    def _named(self, line: str) -> str:
        """`line` without the values whose names tell that they are secrets."""
        line = SNMP.sub(rf"\1{MASKED}", ASSIGNED.sub(_assigned, line))
        return KEYED.sub(rf"\1{MASKED}", CONFIGURED.sub(rf"\1{MASKED}", line)) if self.device else line

    def reply(self, reply: Reply) -> Reply:
        return replace(
            reply, stdout=self.text(reply.stdout), stderr=self.text(reply.stderr), detail=self.text(reply.detail)
        )


def _in_lines_with(names: Sequence[str], masked: Callable[[str], str], text: str) -> str:
    """`text` with each line `masked` that may hold one of `names`, in capitals or not. Most do not."""
    parts, done = [], 0
    for start, end in _lines_with(names, text):
        parts += [text[done:start], masked(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def _lines_with(names: Sequence[str], text: str) -> Sequence[tuple[int, int]]:
    """Where lines begin and end that have one of `names` in them, or a letter beyond ASCII.

    Such a letter may stand for another where capitals do not count (the sign of kelvin is a small k).
    """
    small = text.encode("ascii", "replace").decode("ascii").lower()  # as long as `text`
    found = set()
    for name in names:
        at = small.find(name)
        while at >= 0:
            line = _line(small, at)
            found.add(line)
            at = small.find(name, line[1])
    return sorted(found | {_line(small, other.start()) for other in BEYOND_ASCII.finditer(text)})


def _line(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _assigned(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    quote = found["quote"] or ""
    return f"{found[1]}{quote}{MASKED}{quote}"
