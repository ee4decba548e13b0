"""Readers of other people, as `scripts/environment tests/packages.txt` installs them from tests/npm."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MODULES = ROOT / ".venv/npm/node_modules"


def node(script: str, *arguments: str) -> Any:
    """What a program prints as JSON that runs in Node.js beside the readers' modules."""
    done = subprocess.run(
        ["node", "-e", script, "--", *arguments], cwd=MODULES.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
