"""Every page of the site, one after the other: (its path below the site's folder, its text)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reports import planning
from reports.document import System
from reports.fixview import SHOWN
from reports.formats import Report
from reports.html import style, templates
from reports.index import Index
from reports.leadership import failing, holds_back, moved
from reports.matrix import matrix
from reports.planning import PlanView
from reports.replies import Replies
from reports.site import finder, links, replies
from reports.site.links import At
from reports.site.view import View
from reports.text import mode_notice

NAV = ("index", "search", "matrix", "systems", "checks", "changes", "fixes")
Page = tuple[str, str]


class _Press:
    """Fills templates with what every page needs."""

    def __init__(self, report: Report) -> None:
        self.view = View(report, Index(report.document))
        run = report.document["run"]
        self._common = {
            "view": self.view,
            "words": report.words,
            "document": report.document,
            "run": run,
            "notice": mode_notice(report.document, report.words),
            "nav": NAV,
            "shown": SHOWN,
            "anchor": links.anchor,
        }

    def page(self, path: str, template: str, here: str = "", **values: Any) -> Page:
        """`here` is the entry of the navigation that the page belongs to."""
        root = "../" * path.count("/")
        at = At(self.view.index, root)
        made = templates().get_template(f"site/{template}.html.j2")
        return path, made.render(root=root, at=at, here=here, **values, **self._common)


def pages(report: Report) -> Iterator[Page]:
    """All pages, the first one in front, and the files that they load."""
    press = _Press(report)
    yield from _tops(press)
    yield from _places(press)
    yield from _assets(press, Replies(report.runs))
    yield from _systems(press)
    for check, findings in press.view.by_check.items():
        card = report.document["checks"][check]
        yield press.page(links.path("checks", check), "check", "checks", check=check, card=card, findings=findings)
    for unit, told in press.view.lists.items():
        yield press.page(links.path("fixes", unit), "fix", "fixes", page=told)
    yield from _search(press)
    yield "static/style.css", style()


def search(report: Report) -> Iterator[Page]:
    """The search page alone, and the files that it loads."""
    yield from _search(_Press(report))
    yield "static/style.css", style()


def _search(press: _Press) -> Iterator[Page]:
    data = ["data/names.js", *(finder.path(unit) for unit in press.view.index.units())]
    yield press.page("search.html", "search", "search", data=data)
    yield from finder.files(press.view)
    yield "static/finder.js", finder.script()


def _tops(press: _Press) -> Iterator[Page]:
    view, words = press.view, press.view.words
    moves = moved(view.change, words)
    yield press.page("index.html", "overview", "index", held=holds_back(view.index, words), moves=moves)
    for name, score in view.scores.items():
        yield press.page(f"scores/{name}.html", "score", "index", name=name, score=score)
    yield press.page("matrix.html", "matrix", "matrix", found=matrix(view.index))
    yield press.page("unlisted.html", "unlisted", "index")
    yield press.page("systems.html", "systems", "systems")
    yield press.page("checks.html", "checks", "checks", order=_worst_first(view))
    yield press.page("changes.html", "changes", "changes", moves=moves)
    yield press.page("fixes.html", "fixes", "fixes")


def _worst_first(view: View) -> list[str]:
    worst = [one.check for one in failing(view.index)]
    return [*worst, *(check for check in view.by_check if check not in worst)]


def _places(press: _Press) -> Iterator[Page]:
    for site in press.view.index.scope:
        yield press.page(links.path("sites", site), "site", "index", site=press.view.index.sites[site])


def _assets(press: _Press, kept: Replies) -> Iterator[Page]:
    for id_, asset in press.view.index.assets.items():
        yield press.page(links.path("assets", id_), "asset", "index", asset=asset, **_found(press.view, id_))
        shown = replies.told(press.view.index, id_, kept)
        if shown.named:
            yield press.page(links.path("replies", id_), "replies", "index", asset=asset, kept=shown)


def _found(view: View, asset: str) -> dict[str, Any]:
    return {"rows": view.rows(asset), "told": view.list_of(asset)}


def _systems(press: _Press) -> Iterator[Page]:
    index = press.view.index
    for id_, system in index.systems.items():
        seen = _by_clause(planning.view(index, id_)) if _has_level(system) else None
        assets = index.of_system.get(id_, ())
        path = links.path("systems", id_)
        yield press.page(path, "system", "systems", system=system, seen=seen, assets=assets, vouched=planning.vouched)


def _by_clause(seen: PlanView) -> PlanView:
    """The plan in the order of the standard: 7.2.1.9 before 7.2.1.10."""
    order = [[int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", row.clause)] for row in seen.rows]
    ranked = sorted(zip(order, seen.rows, strict=True), key=lambda pair: (pair[0], pair[1].id))
    return replace(seen, rows=tuple(row for _, row in ranked))


def _has_level(system: System) -> bool:
    return system["level"] is not None or system["dossier"] is not None
