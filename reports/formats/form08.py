"""The annual report of NĐ 331/2026/NĐ-CP, Art. 35-36 (Form 08; unverified), as a letter and as a workbook."""

from __future__ import annotations

from pathlib import Path

from reports.annual import Form
from reports.formats import Report
from reports.pdf import form08
from reports.workbook import form08 as workbook
from runner.files import replace, whole


def render(report: Report, out: Path) -> list[Path]:
    """`form08-vi.pdf` and `form08-vi.xlsx`."""
    form = Form(report.document, report.declared)
    letter, table = (out / f"form08-{report.words.lang}.{ending}" for ending in ("pdf", "xlsx"))
    replace(letter, form08.render(form, report.words))
    with whole(table) as file:
        workbook.write(file, form, report.words)
    return [letter, table]
