"""Who is let in at a console without being asked: gettys, shells, display managers, the kernel's command line.

After agetty(8), login(1), sulogin(8), inittab(5), systemd-debug-generator(8), systemd.exec(5), and the settings of GDM,
LightDM, SDDM, LXDM and greetd as their manuals have them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from getopt import GetoptError, gnu_getopt
from pathlib import PurePosixPath

from checks.model import Question
from checks.readers.units import FOLDERS, START, Units, units
from checks.reading import LAST, LAST_SAYS, Host, closed, complete, texts, unreadable

BLANK, BLANKS = "[[:space:]]", "[[:space:]]*"
# Lines of units that start a login or a shell alone, take such lines back, or let a rescue shell ask nothing.
STARTED = Question(
    f"/usr/bin/grep -R -a -E -e '^{BLANKS}{START}{BLANKS}={BLANKS}$' -e '^{BLANKS}{START}{BLANKS}=.*(getty|login)'"
    f" -e '^{BLANKS}{START}{BLANKS}=.*sh({BLANK}+-[^ ]+)*{BLANKS}$'"
    f" -e 'SYSTEMD_SULOGIN_FORCE|agetty[.]autologin|login[.]noauth' -e '^{LAST_SAYS}'"
    f" /etc/systemd {' '.join(folder for folder in FOLDERS if not folder.startswith('/etc/'))} {LAST}",
    root=True,
)
# A file without such lines, or a link to /dev/null, hides the one of its name that a package has brought.
HIDING = Question(
    closed(
        r"printf '%s\n' /etc/systemd/system/*.service /etc/systemd/system/*.service.d/*.conf"
        " /run/systemd/system/*.service /run/systemd/system/*.service.d/*.conf"
    )
)
INITTAB, COMMAND_LINE = "/etc/inittab", "/proc/cmdline"
CONSOLES = Question(
    "/usr/bin/grep -R -a '^[^#]' /etc/gdm3/daemon.conf /etc/gdm3/custom.conf /etc/gdm/custom.conf /run/gdm3/custom.conf"
    " /run/gdm/custom.conf /etc/lightdm/lightdm.conf /etc/lightdm/lightdm.conf.d /usr/share/lightdm/lightdm.conf.d"
    " /etc/sddm.conf /etc/sddm.conf.d /usr/lib/sddm/sddm.conf.d /etc/lxdm/lxdm.conf /etc/lxdm/default.conf"
    f" /etc/greetd/config.toml {INITTAB} {COMMAND_LINE} {LAST}",
    root=True,
)
ALWAYS = ("rescue.service", "emergency.service", "autovt@.service")  # started without anybody wanting them
GETTY = "getty"
SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "csh", "tcsh", "fish"})
RUNNERS = frozenset({"env", "setsid", "exec", "nohup", "busybox"})  # what starts the program named behind it
PREFIXES = "@-:+!|"  # systemd.service(5): of a command line
SHORT = "8a:cC:d:Ef:hH:iI:Jl:LmnNo:pP:r:Rst:Uw"
LONG = (
    *("8bits", "autologin=", "noreset", "chdir=", "delay=", "remote", "issue-file=", "show-issue", "flow-control"),
    *("host=", "noissue", "init-string=", "noclear", "login-program=", "local-line", "extract-baud", "skip-login"),
    *("nonewline", "login-options=", "login-pause", "chroot=", "hangup", "keep-baud", "timeout=", "detect-case"),
    *("wait-cr", "nohints", "nohostname", "long-hostname", "erase-chars=", "kill-chars=", "nice=", "reload"),
    *("list-speeds", "help", "version"),
)
LOCAL_LINE = re.compile(r"(-L|--local-line)=.*")  # its value is optional
TRUE = frozenset({"1", "true", "yes", "y", "t", "on"})
FALSE = frozenset({"0", "false", "no", "n", "f", "off"})
FORCED = re.compile(r"SYSTEMD_SULOGIN_FORCE=[\"']?(?:1|y|yes|t|true|on)\b", re.I)
CREDENTIALS = re.compile(r"agetty\.autologin|login\.noauth")
SWITCHES = frozenset({("daemon", "automaticloginenable"), ("daemon", "timedloginenable")})
NAMES = frozenset({("autologin", "user"), ("base", "autologin")})
INITTAB_FIELDS = 4


def unasked(host: Host) -> list[str]:
    """Every place where somebody is let in, or root's shell started, without being asked; where it is, and how.

    Raises `Unknown` where no console's login is seen at all, since every system has one that it knows of.
    """
    told, files = texts(host, STARTED), texts(host, CONSOLES)
    started = units(told, complete(host, HIDING))
    processes = list(_inittab(files.get(INITTAB, ())))
    commands = [*_commands(started), *((INITTAB, process) for process in processes)]
    if not any(GETTY in command for _, command in commands):
        raise unreadable(STARTED.command, f"{GETTY}: –")
    found = [
        *(f"{where}: {command}" for where, command in commands if lets_in(command)),
        *(f"{path}: {line.strip()}" for path, lines in told.items() for line in lines if _forced(line)),
        *(f"{path}: {found}" for path, lines in files.items() for found in _displays(path, lines)),
        *(f"{COMMAND_LINE}: {word}" for line in files.get(COMMAND_LINE, ()) for word in line.split() if _opens(word)),
    ]
    return list(dict.fromkeys(found))


def lets_in(command: str) -> bool:
    """Whether this command line of a unit, or of inittab, lets somebody in unasked.

    Raises `Unknown` where it is not seen whole.
    """
    line = command.rstrip()
    try:
        words = shlex.split(line.rstrip("\\"))
    except ValueError as error:
        raise unreadable(f"{error}: {command}") from None
    if not words:
        return False
    name, arguments = _program(words)
    if line.endswith("\\") and (name in SHELLS or name.endswith(("login", GETTY))):
        raise unreadable("the command goes on in a line that is not seen", command)
    if name in SHELLS:
        return all(argument.startswith("-") for argument in arguments)
    if name == "login":
        return _forces(arguments)
    if name == "sulogin":
        return any(re.match(r"--force|-[a-z]*e", argument) for argument in arguments)
    return name.endswith(GETTY) and _getty_lets_in(arguments, command)


def _program(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The program's name and its arguments, behind systemd's prefixes and programs that only start it."""
    prefix = words[0][: len(words[0]) - len(words[0].lstrip(PREFIXES))]
    rest = [words[0].lstrip(PREFIXES), *words[2 if "@" in prefix else 1 :]]
    while PurePosixPath(rest[0]).name in RUNNERS and len(rest) > 1:
        rest = rest[1:]
        while len(rest) > 1 and (rest[0].startswith("-") or "=" in rest[0]):
            rest = rest[1:]
    return PurePosixPath(rest[0]).name, rest[1:]


def _getty_lets_in(arguments: Sequence[str], command: str) -> bool:
    try:
        options, _ = gnu_getopt([LOCAL_LINE.sub(r"\1", argument) for argument in arguments], SHORT, LONG)
    except GetoptError as error:
        if any(argument.startswith("--auto") for argument in arguments):
            return True
        raise unreadable(f"{error}: {command}") from None
    values = dict(options)
    program = values.get("-l", values.get("--login-program", "login"))
    passed = values.get("-o", values.get("--login-options", ""))
    asks = PurePosixPath(program).name == "login" and not _forces(passed.split())
    return not asks or bool({"-a", "--autologin"} & values.keys())


def _forces(arguments: Sequence[str]) -> bool:
    """login(1) is told that the user has been authenticated: `-f`, alone or among others, before `--`."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(re.match(r"-[a-zA-Z]*f", argument) for argument in before)


def _commands(started: Units) -> Iterator[tuple[str, str]]:
    for unit in started.names():
        if GETTY in unit or unit in ALWAYS or unit in started.wanted:
            yield from ((unit, command) for command in started.commands(unit))


def _inittab(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        fields = line.split(":", INITTAB_FIELDS - 1)
        if len(fields) == INITTAB_FIELDS and fields[2] not in ("off", "initdefault"):
            yield fields[3]


def _forced(line: str) -> bool:
    return not line.lstrip().startswith(("#", ";")) and bool(FORCED.search(line) or CREDENTIALS.search(line))


def _displays(path: str, lines: Sequence[str]) -> Iterator[str]:
    """What a display manager's settings let in: by themselves, or after a time."""
    if path in (INITTAB, COMMAND_LINE, LAST):
        return
    section = ""
    for line in map(str.strip, lines):
        key, _, value = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            section = line.strip("[] ").lower()
            if section == "initial_session":
                yield line
        elif not line.startswith(("#", ";")) and _is_automatic(section, key.lower(), value.strip("\"'")):
            yield line


def _is_automatic(section: str, key: str, value: str) -> bool:
    if (section, key) in SWITCHES or key == "autologin-guest":
        return value.lower() in TRUE
    return bool(value) and ((section, key) in NAMES or key == "autologin-user")


def _opens(word: str) -> bool:
    """A word of the kernel's command line that ends in a shell of root's."""
    key, _, value = word.partition("=")
    if key in ("init", "rdinit"):
        return PurePosixPath(value).name in SHELLS
    if key.replace("_", "-") == "systemd.debug-shell":
        return value.lower() not in FALSE
    return key in ("single", "rd.break") or bool(FORCED.search(word) or CREDENTIALS.search(word))
