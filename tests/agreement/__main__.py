"""Bring a practice city up, let all judges look at it, keep what they said, write docs/agreement.md.

Needs what the real city needs (root, lab/packages.txt) and the judges (tests/packages.txt).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.agreement import city, page
from tests.agreement.questions import asked

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"
PAGE = HERE.parents[1] / "docs/agreement.md"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = city.heard(asked(), Path(folder))
    RECORDED.write_text(json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page.text(asked(), said), encoding="utf-8")


if __name__ == "__main__":
    main()
