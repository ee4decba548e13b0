"""Configurations as makers print them, as trees of lines: what is asked for is understood, or an error.

A configuration holds far more than an audit reads. So only lines that begin with the words in question are held to a
pattern, and one of them that does not fit is an error: it could say what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_network

from checks.readers.networks import Network, Networks, without
from checks.reading import Host, expected, unreadable

SEPARATORS = ("!", "#")  # of IOS and of VRP; behind one that is not indented something else begins


@dataclass(slots=True)
class Line:
    """A line without its indentation, and the lines that stand below it."""

    text: str
    below: list[Line] = field(default_factory=list)

    def has(self, *texts: str) -> bool:
        """One of the lines below is exactly one of `texts`."""
        return any(line.text in texts for line in self.below)


def told(host: Host, command: str) -> str:
    """What the device said, with plain line ends. Raises `Unknown` for a last line that does not end: it is cut."""
    text = host.run(command).stdout.replace("\r", "")
    if text and not text.endswith("\n"):
        raise unreadable(command, "the last line does not end")
    return text


def indented(text: str, end: str) -> list[Line]:
    """The tree of a configuration that indents what belongs to a line. Raises `Unknown` where `end` is missing."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines or lines[-1] != end:
        raise unreadable("the configuration ends early")
    root: list[Line] = []
    stack: list[tuple[int, list[Line]]] = [(-1, root)]
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if line.lstrip().startswith(SEPARATORS):
            stack = stack if depth else stack[:1]
            continue
        while stack[-1][0] >= depth:
            stack.pop()
        made = Line(line.strip())
        stack[-1][1].append(made)
        stack.append((depth, made.below))
    return root


def blocks(text: str) -> list[Line]:
    """The tree of FortiOS: `config … end`, `edit … next`. Raises `Unknown` for one that is cut."""
    root: list[Line] = []
    stack = [root]
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith(("config ", "edit ")):
            made = Line(line)
            stack[-1].append(made)
            stack.append(made.below)
        elif line in ("end", "next"):
            stack.pop()
            if not stack:
                raise unreadable("a configuration", line)
        elif line:
            stack[-1].append(Line(line))
    if len(stack) != 1 or not root or not all(line.text.startswith("config ") for line in root):
        raise unreadable("the configuration ends early")
    return root


def starting(lines: Iterable[Line], *stems: str) -> Iterator[Line]:
    """The lines that begin with one of the words."""
    return (line for line in lines if line.text.startswith(stems))


def matching(lines: Iterable[Line], stem: str, pattern: str) -> Iterator[re.Match[str]]:
    """The lines that begin with `stem`, as the pattern takes them apart. Raises `Unknown` for one that does not fit."""
    for line in starting(lines, stem):
        found = re.fullmatch(pattern, line.text)
        if found is None:
            raise unreadable("configuration", line.text)
        yield found


def setting(block: Line, name: str) -> str | None:
    """The value of `set NAME VALUE` in a block of FortiOS; None where it is not told."""
    values = [line.text.removeprefix(f"set {name} ") for line in starting(block.below, f"set {name} ")]
    return values[0].strip() if values else None


def words(text: str | None) -> list[str]:
    """The words of a value, each with or without quotes."""
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', text or "")]


def wildcard(address: str, mask: str) -> Network:
    """A network as Cisco's and Huawei's lists write it: `10.76.0.0 0.0.0.255`. Raises `Unknown` for one with holes."""
    with expected("wildcard"):
        if mask in ("0", "0.0.0.0"):  # noqa: S104  # one address
            return ip_network(address)
        return ip_network(f"{address}/{IPv4Address(int(IPv4Address('255.255.255.255')) - int(IPv4Address(mask)))}")


def admitted(rules: Sequence[tuple[bool, Networks]]) -> Networks:
    """Who gets through a list of (permit, networks), the first that fits deciding, and the rest denied."""
    open_: Networks = frozenset()
    taken: Networks = frozenset()
    for permit, networks in rules:
        fresh = without(networks, taken)
        open_ = open_ | fresh if permit else open_
        taken = taken | fresh
    return open_
