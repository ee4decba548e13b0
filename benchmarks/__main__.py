"""`python -m benchmarks`: peers and practice city made ready, all measured from the auditor's place, the table."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import measures, peers, table
from benchmarks.rig import HERE, SIZES, Rig, raise_levels, rows_of
from benchmarks.timing import Row
from commands.caller import ON_SITE
from lab import city, namespaces

NO_CITY = 3


def main() -> int:
    wanted = _arguments()
    if why := namespaces.unavailable():
        print(f"Nothing can be measured without a real practice city: {why}.", file=sys.stderr)
        return NO_CITY
    size = next(size for size in SIZES if size.name == wanted.size)
    work = (wanted.work or HERE / ".work").resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if {"testinfra", "ansible", "lynis"} & set(wanted.only):
        _say("installing the peers")
        peers.install(work)
    rig = Rig(work / "city", work, size, _say)
    began = time.monotonic()
    try:
        _say(f"practice city with {size.servers} servers")
        city.up(rig.city, servers=size.servers, faults=False)
        raise_levels(rig.city)
        failed = _measure(rig, wanted.only)
        facts = table.Facts.of(rig, time.monotonic() - began)
    finally:
        city.down(rig.city)
    rows = [Row.from_data(data) for data in rows_of(work / "rows.jsonl")]
    out = wanted.out or HERE / ("RESULTS.md" if size.name == "full" else f"RESULTS.{size.name}.md")
    out.write_text(table.page(rows, facts, failed), encoding="utf-8")
    print(f"\n{table.table(rows)}\n\n{out}")
    return 1 if failed else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Writes benchmarks/RESULTS.md.")
    parser.add_argument("--quick", dest="size", action="store_const", const="quick", default="full")
    parser.add_argument("--tiny", dest="size", action="store_const", const="tiny", help="does it run at all")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(measures.ORDER))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", type=Path, help="a folder to work in; what it holds is lost")
    return parser.parse_args()


def _measure(rig: Rig, only: list[str]) -> dict[str, str]:
    """Measure where the auditor stands, each measure in a process of its own; why some could not be had."""
    note = rig.work / "rig.json"
    note.write_text(json.dumps(rig.as_data()), encoding="utf-8")
    place = city.status(rig.city)["auditor"]
    inside = ["nsenter", f"--net={namespaces.NETNS / place}", "--", sys.executable, "-m", "benchmarks.inside"]
    failed = {}
    for name in (name for name in measures.ORDER if name in only):
        began = time.monotonic()
        done = subprocess.run(
            [*inside, name, str(note)],
            cwd=HERE.parent,
            env={**os.environ, ON_SITE: "1"},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            failed[name] = (done.stderr.strip().splitlines() or ["no word"])[-1]
            print(done.stderr, file=sys.stderr)
        _say(f"{name}: {time.monotonic() - began:.0f} s")
    return failed


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
