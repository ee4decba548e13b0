"""`python -m benchmarks.inside MEASURE RIG`: one measure, from where the auditor of the practice city stands."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from benchmarks.rig import Rig


def main(name: str, note: Path) -> None:
    rig = Rig.from_data(json.loads(note.read_bytes()), lambda what: print(f"  {what}", flush=True))
    measure = importlib.import_module(f"benchmarks.measures.{name}").measure
    with (rig.work / "rows.jsonl").open("a", encoding="utf-8") as out:
        for row in measure(rig):
            rig.say(f"{row.measure}: {row.median:.3g} {row.unit}")
            out.write(json.dumps(row.as_data(), ensure_ascii=False) + "\n")
            out.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
