"""PAM's service files and the option files of its modules (pam.conf(5), pwquality.conf(5), faillock.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from checks.model import Cause, Unknown

RULE = re.compile(r"-?(auth|account|password|session)\s+(\[[^\]]*\]|\w+)\s+(\S+)\s*(.*)$")
OPTION = re.compile(r"(\w+)(?:\s*[=\s]\s*(.*?))?\s*$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One module in a stack: `module` without folder and ending, an option without a value holds an empty text."""

    kind: str
    control: str
    module: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def binding(self) -> bool:
        """What the module refuses is refused: nothing that it says is ignored."""
        return self.control not in {"optional", "sufficient"} and "default=ignore" not in self.control


def rules(lines: Iterable[str], module: str) -> list[Rule]:
    """The rules of a service file that name `module`, in order. Raises `Unknown` for a line that is no rule."""
    return [rule for rule in all_rules(lines) if rule.module == module]


def stacks(files: Mapping[str, list[str]], kind: str) -> list[list[str]]:
    """The stacks of one kind that services share: Debian has one for each kind, Red Hat's family two for all kinds.

    What is demanded of one is demanded of both: one is that of logins at the console, the other that of SSH.
    """
    debian = files.get(f"/etc/pam.d/common-{kind}")
    both = [files[path] for path in ("/etc/pam.d/system-auth", "/etc/pam.d/password-auth") if path in files]
    return [debian] if debian is not None else [[x for x in one if _kind(x) == kind] for one in both]


def _kind(line: str) -> str:
    return line.lstrip("-").split(None, 1)[0]


def options(lines: Iterable[str]) -> Mapping[str, str]:
    """`name = value` and lone names of an option file, comments left out; the last setting of a name stands."""
    found = {}
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            match = OPTION.match(text)
            if match is None:
                raise Unknown(Cause.UNREADABLE, line)
            found[match[1]] = match[2] or ""
    return found


def number(options: Mapping[str, str], name: str, default: int) -> int:
    """A whole number among the options. Raises `Unknown` for anything else there."""
    text = options.get(name, str(default))
    if not re.fullmatch(r"-?\d+", text):
        raise Unknown(Cause.UNREADABLE, f"{name} = {text}")
    return int(text)


def all_rules(lines: Iterable[str]) -> Iterator[Rule]:
    """Every rule of a service file, in order, without what it includes. Raises `Unknown` for a line that is no rule."""
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        text = line.partition("#")[0].strip()
        if not text or text.startswith("@include"):
            continue
        match = RULE.match(text)
        if match is None:
            raise Unknown(Cause.UNREADABLE, line)
        words = (word.partition("=") for word in match[4].split())
        name = match[3].rpartition("/")[2].removesuffix(".so")
        yield Rule(match[1], match[2], name, {word[0]: word[2] for word in words})
