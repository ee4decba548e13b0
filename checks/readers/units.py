"""What systemd starts: units and their drop-ins, one over the other as systemd.unit(5) and systemd.service(5) say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# Where it looks for units, what comes first hiding what comes later; the common part of systemd.unit(5)'s table.
FOLDERS = (
    *("/run/systemd/transient", "/run/systemd/generator.early", "/etc/systemd/system", "/run/systemd/system"),
    *("/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"),
    "/run/systemd/generator.late",
)
WANTING = (".wants", ".requires")
START = "ExecStart"
Texts = Mapping[str, Sequence[str]]


@dataclass
class Units:
    """Unit → its lines; its folder of drop-ins → file name → lines; and what others want, each with its lines."""

    bases: dict[str, Sequence[str]] = field(default_factory=dict)
    drop_ins: dict[str, dict[str, Sequence[str]]] = field(default_factory=dict)
    wanted: dict[str, Sequence[str]] = field(default_factory=dict)

    def names(self) -> Iterator[str]:
        """Every unit of which something is known."""
        folders = (folder.removesuffix(".d") for folder in self.drop_ins)
        yield from dict.fromkeys([*self.bases, *self.wanted, *(name for name in folders if name != "service")])

    def commands(self, unit: str) -> list[str]:
        """The commands that start `unit`: an empty assignment takes back those before it."""
        template = _template(unit)
        base = self.bases.get(unit, self.bases.get(template, self.wanted.get(unit, ())))
        files: dict[str, Sequence[str]] = {}
        for name in ("service", *_prefixes(unit), template, unit):
            files |= self.drop_ins.get(f"{name}.d", {})
        found: list[str] = []
        for line in [*base, *(line for file in sorted(files) for line in files[file])]:
            key, _, value = line.partition("=")
            if key.strip() == START:
                found = [*found, value.strip()] if value.strip() else []
        return found


def units(told: Texts, present: Sequence[str]) -> Units:
    """The units of which `told` has lines; `present` are files that are there, with or without such lines."""
    found = Units()
    for folder in reversed(FOLDERS):
        for path in dict.fromkeys([*told, *present]):
            if path.startswith(f"{folder}/"):
                _take(found, path.removeprefix(f"{folder}/").split("/"), told.get(path, ()))
    return found


def _take(found: Units, parts: Sequence[str], lines: Sequence[str]) -> None:
    match parts:
        case [unit]:
            found.bases[unit] = lines
        case [folder, unit] if folder.endswith(WANTING):
            found.wanted[unit] = lines
        case [folder, file] if folder.endswith(".d"):
            found.drop_ins.setdefault(folder, {})[file] = lines


def _template(unit: str) -> str:
    """`getty@.service` of `getty@tty1.service`; of any other unit itself."""
    name, at, rest = unit.partition("@")
    return f"{name}@.{rest.rpartition('.')[2]}" if at else unit


def _prefixes(unit: str) -> list[str]:
    """`serial-.service` of `serial-getty@ttyS0.service`: drop-ins for all units whose names begin so."""
    words = unit.partition("@")[0].removesuffix(".service").split("-")
    return [f"{'-'.join(words[:count])}-.service" for count in range(1, len(words))]
