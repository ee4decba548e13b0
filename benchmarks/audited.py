"""`python -m benchmarks.audited WORKSPACE`: one whole audit, and on one line of JSON what it took."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from benchmarks.rig import PROGRAM
from benchmarks.timing import take
from checks import catalogue
from inventory.load import load
from runner import kept, walk

KIB = 1024


def main(workspace: Path) -> None:
    ruler = catalogue.load("tcvn-11930-2017")
    inventory = load(workspace, ruler.adjustable())
    folders: list[Path] = []
    audit = partial(walk.audit, inventory, ruler, walk.Selection(), program=PROGRAM)
    taken = take(lambda: folders.append(audit().folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    outcomes = kept.read(folders[0]).outcomes.values()
    told = {
        "wall": taken.wall,
        "cpu": taken.own,
        "peak": peak,
        "assets": len(outcomes),
        "findings": sum(len(one.findings) for one in outcomes),
        "states": Counter(one.state.value if one.cause is None else str(one.cause) for one in outcomes),
    }
    shutil.rmtree(folders[0])
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
