"""The fix lists as pages to hand out: one self-contained HTML file for each district or department, and an index.

Nothing is fetched and nothing runs: style is inline and named by its digest, there is no script.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.fixview import FixView
from reports.formats import Report
from reports.html import templates
from reports.text import mode_notice


def pages(report: Report, views: Sequence[FixView]) -> dict[str, str]:
    """File name → page, for every unit in the run's scope, and `index.html`."""
    document, words = report.document, report.words
    common = {"document": document, "words": words, "run": document["run"], "notice": mode_notice(document, words)}
    written = {view.file: templates().get_template("fixlist.html.j2").render(page=view, **common) for view in views}
    return {"index.html": templates().get_template("index.html.j2").render(pages=views, **common), **written}
