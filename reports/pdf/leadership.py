"""The leadership report: one page to decide by, then every number's list, and how it was made."""

from __future__ import annotations

from io import BytesIO

from reportlab.platypus import Flowable, PageBreak

from reports import change
from reports.document import Document
from reports.index import Index
from reports.pdf import closing, sections
from reports.pdf.annexes import annexes
from reports.pdf.front import front
from reports.pdf.page import Sheet
from reports.words import Words


def render(document: Document, previous: Document | None, words: Words) -> bytes:
    """The PDF. The same documents and language give the same bytes."""
    index = Index(document)
    run = document["run"]
    target = BytesIO()
    sheet = Sheet(
        target,
        title=words("leadership.subject"),
        author=document["city"]["agency"]["name"],
        lang=words.lang,
        foot=words("leadership.foot", run=run["id"], mode=words(f"mode_name.{run['mode']}")),
    )
    moved = change.between(previous, document) if previous else None
    parts = (sections.districts, sections.out_of_reach, sections.worst, sections.plans_of_systems, sections.endings)
    story: list[Flowable] = [*front(index, moved, words), PageBreak()]
    for part in (*parts, closing.method):
        story += part(index, words)
    sheet.build([*story, closing.signature(document, words), *annexes(index, words)])
    return target.getvalue()
