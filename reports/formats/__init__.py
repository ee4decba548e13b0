"""What a report can be written as: each module here is a format, and has one `render(report, out)`.

`render` writes below the folder `out` and returns the files that a reader opens. Nothing is registered by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.annual import NOTHING, Annual
from reports.document import Document
from reports.trend import Trend
from reports.words import Words

if TYPE_CHECKING:
    from reports.pdf.signing import Seal


@dataclass(frozen=True)
class Report:
    """What is to be told: one document, the earlier one to compare it with (if any), and in which language.

    `trend` is what the history knows of the time before; None where there is no history. `runs` are the folders of the
    runs whose evidence stands behind the document; without them a report names the evidence and does not show it.
    `declared` is what offices declare for the annual report; `seal` signs what is signed.
    """

    document: Document
    previous: Document | None
    words: Words
    trend: Trend | None = None
    runs: tuple[Path, ...] = ()
    declared: Annual = NOTHING
    seal: Seal | None = None
