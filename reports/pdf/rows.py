"""Tables of any length. reportlab measures a long table again on every page; here each page gets a table of its own."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, PageBreak, Table, TableStyle

from reports.pdf.style import LINE, SOFT

Cells = Sequence[Flowable]
AT_ONCE = 64
LAST = 2  # rows that go to the next page with what stands behind them
LOOK = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 9),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.4),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, SOFT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
    ]
)


class Rows(Flowable):
    """Rows under a head that is repeated on each page. Every row must be lower than a page.

    `groups` are the rows that head those below them: none of them ends a page. Where what stands behind the table needs
    `ending` points, and the last page has less left, its last rows go on with it: no signature stands alone.
    """

    def __init__(
        self,
        head: Cells,
        rows: Sequence[Cells],
        widths: Sequence[float],
        start: int = 0,
        groups: frozenset[int] = frozenset(),
        ending: float = 0,
    ) -> None:
        super().__init__()
        self.head, self.rows, self.widths, self.start, self.groups = head, rows, widths, start, groups
        self.ending = ending

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """More than there is, so that `split` is asked."""
        return width, height + 1

    def split(self, width: float, height: float) -> list[Flowable]:
        """The rows that fit, as a table, and the rest; nothing where not even one fits."""
        batch = self.rows[self.start : self.start + AT_ONCE]
        tall = self._table(batch)
        tall.wrap(width, height)
        fitting = self._fitting(tall, height)
        while fitting < len(batch) and self.start + fitting - 1 in self.groups:
            fitting -= 1
        is_last = self.start + fitting == len(self.rows)
        if is_last and fitting > LAST and height - tall._height < self.ending:
            fitting -= LAST
        if fitting <= 0:
            return []
        table = tall if fitting == len(batch) else self._table(batch[:fitting])
        after = self.start + fitting
        if after >= len(self.rows):
            return [table]
        rest = Rows(self.head, self.rows, self.widths, after, self.groups, self.ending)
        return [table, *([PageBreak()] if is_last else []), rest]

    def _table(self, rows: Sequence[Cells]) -> Table:
        return Table([self.head, *rows], colWidths=self.widths, repeatRows=1, style=LOOK, hAlign="LEFT")

    def _fitting(self, table: Table, height: float) -> int:
        used = table._rowHeights[0]
        for count, row in enumerate(table._rowHeights[1:]):
            used += row
            if used > height:
                return count
        return len(table._rowHeights) - 1
