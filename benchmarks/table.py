"""RESULTS.md: the table, the machine, the versions, and for each goal that is not met by how much."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import peers
from benchmarks.rig import HERE, LEVEL, Rig
from benchmarks.timing import Goal, Row

NOTES = HERE / "notes.md"
WORDS = (
    "Written by `benchmarks/run`. All figures are ratios of two things done in turns on one machine against the same "
    "hosts, unless a unit is given: absolute times would only speak of this machine."
)
HEAD = "| measure | goal | measured: median (min – max) | verdict |\n|---|---|---|---|"
SIGNS = {"<=": "≤", ">=": "≥"}


@dataclass(frozen=True)
class Facts:
    """What the figures hold for."""

    machine: str
    load: str
    versions: Sequence[tuple[str, str]]
    work: str
    took: str

    @classmethod
    def of(cls, rig: Rig, seconds: float) -> Facts:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        probes = sorted({rig.probes(asset) for asset in rig.servers})
        asked = sorted({len(rig.questions(asset)) for asset in rig.servers})
        size = rig.size
        return cls(
            f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, {_processor()}",
            f"load average when done {os.getloadavg()[1]:.1f} (5 min)",
            tuple(peers.versions(rig.work)),
            f"practice city with {len(rig.servers)} servers and {len(rig.devices)} routers, level {LEVEL}; "
            f"{_span(probes)} checks a server, answered by {_span(asked)} different commands "
            f"(the goals speak of at least 60 checks); {size.rounds} rounds in turns, size `{size.name}`",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds / 60:.1f} minutes",
        )


def page(rows: Sequence[Row], facts: Facts, failed: Mapping[str, str]) -> str:
    """The whole page."""
    parts = [
        "# Benchmarks",
        WORDS,
        table(rows),
        *_section("Not met", [_missed(row) for row in rows if row.goal and not row.goal.met(row.median)]),
        *_section("Could not be measured", [f"- {name}: `{why}`" for name, why in failed.items()]),
        *_section("How it was measured", [f"- **{row.measure}**: {row.note}" for row in rows if row.note]),
        *([NOTES.read_text(encoding="utf-8").strip()] if NOTES.exists() else []),
        "## Conditions",
        "\n".join(
            [
                f"- Work: {facts.work}.",
                f"- Machine: {facts.machine}; {facts.load}.",
                "- Versions: " + ", ".join(f"{name} {version}" for name, version in facts.versions) + ".",
                f"- Measured: {facts.took}.",
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def table(rows: Sequence[Row]) -> str:
    return "\n".join([HEAD, *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    spread = f" ({_number(min(row.values))} – {_number(max(row.values))})" if len(row.values) > 1 else ""
    verdict = "context" if row.goal is None else "met" if row.goal.met(row.median) else "**not met**"
    unit = "" if row.unit in {"×", ""} else f" {row.unit}"
    return f"| {row.measure} | {_goal(row.goal)} | {_number(row.median)}{unit}{spread} | {verdict} |"


def _goal(goal: Goal | None) -> str:
    return "–" if goal is None else f"{SIGNS[goal.sign]} {_number(goal.value)} {goal.unit}".strip()


def _missed(row: Row) -> str:
    if row.goal is None:
        raise ValueError("a row without a goal misses none")
    off = row.goal.missed_by(row.median)
    return f"- **{row.measure}**: {_number(row.median)} where {_goal(row.goal)} is the goal, off by {off:.0f} %."


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(lines)] if lines else []


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004  # three digits say enough


def _span(values: Sequence[int]) -> str:
    return str(values[0]) if values[0] == values[-1] else f"{values[0]}–{values[-1]}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
