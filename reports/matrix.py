"""Interconnection as a table: a row a site, a column a shared service, in each cell what stands and why not.

Pure, over the document alone. A cell shows the worst of all that asked: a service that fails for one asset of a site
fails at the site, and one that an asset could not ask is not told good by another (law 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports import paths
from reports.document import Finding, Service, StatusWord
from reports.index import Index

NOT_RUN = "not_run"
WORST_FIRST: tuple[StatusWord, ...] = ("fail", "unknown", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one path. `cause` is that of `unknown`; `asset` is from where it was seen, with what was `actual`.

    Both are None or empty where nobody stands that could ask.
    """

    status: StatusWord
    cause: str | None = None
    asset: str | None = None
    check: str | None = None
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A site: its path up to its parent (`not_applicable` at the city itself), then a cell for each service.

    An outside end is `not_applicable` at a site where nothing uses it.
    """

    site: str
    path: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`services` head the cells of each row, in the order of the inventory; `rows` have parents first."""

    services: tuple[Service, ...]
    rows: tuple[Row, ...]


def matrix(index: Index) -> Matrix:
    """The table of the sites that the run speaks for."""
    services = tuple(index.document["services"])
    return Matrix(services, tuple(_row(index, site, services) for site in index.scope))


def _row(index: Index, site: str, services: Sequence[Service]) -> Row:
    return Row(site, _path(index, site), tuple(_service(index, site, service) for service in services))


def _service(index: Index, site: str, service: Service) -> Cell:
    if not paths.used(index, site, service):
        return Cell("not_applicable")
    return _worst(index, paths.askers(index, site, service["id"]))


def _path(index: Index, site: str) -> Cell:
    """The best of the site's links, each as bad as the worst that its two ends say; the hub is the child's to reach.

    Where no device stands, it is what a server there saw.
    """
    if index.sites[site]["parent"] is None:
        return Cell("not_applicable")
    ways = [_worst(index, paths.seen(index, link)) for link in index.links_up.get(site, ())]
    ways += [_worst(index, [owed]) for owed in paths.observed(index, site)]
    return max(ways, key=_rank, default=Cell("unknown", NOT_RUN))


def _worst(index: Index, asked: Iterable[tuple[str, str]]) -> Cell:
    """The worst of the findings that are owed as (asset, check); with none of them, nothing was measured."""
    cells = [_cell(asset, check, index.found.get(asset, {}).get(check)) for asset, check in asked]
    return min(cells, key=_rank, default=Cell("unknown", NOT_RUN))


def _cell(asset: str, check: str, finding: Finding | None) -> Cell:
    if finding is None:
        return Cell("unknown", NOT_RUN, asset, check)
    return Cell(finding["status"], finding["cause"], asset, check, finding["actual"])


def _rank(cell: Cell) -> int:
    return WORST_FIRST.index(cell.status)
