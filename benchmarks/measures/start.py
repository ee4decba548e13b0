"""How long the command line takes to say what it can, and what it loads for that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.rig import HERE, Rig
from benchmarks.timing import Goal, Row, quietly, take

HEAVY = ("asyncssh", "paramiko", "netmiko", "ansible", "ansible_runner", "reportlab", "rich", "testinfra", "pydantic")
ASKS = "import sys, runpy; sys.argv = ['audit.py', '--help']\ntry: runpy.run_path('audit.py', run_name='__main__')\n"
ENDS = "except SystemExit: print(*(set(sys.modules) & set({heavy})), sep=',', file=sys.stderr)"


def measure(rig: Rig) -> Iterator[Row]:
    argv = [sys.executable, str(HERE.parent / "audit.py"), "--help"]
    quietly(argv)
    seconds = [take(lambda: quietly(argv)).wall for _ in range(rig.size.rounds)]
    asked = [sys.executable, "-c", ASKS + ENDS.format(heavy=HEAVY)]
    told = subprocess.run(asked, cwd=HERE.parent, capture_output=True, text=True, check=True).stderr.strip()
    loaded = [name for name in told.split(",") if name]
    yield Row("`audit.py --help`", seconds, Goal("<=", 0.35, "s"), "s")
    note = f"looked for: {', '.join(HEAVY)}; found: {', '.join(loaded) or 'none'}"
    yield Row("heavy modules that it loads", [len(loaded)], Goal("<=", 0), "", note)
