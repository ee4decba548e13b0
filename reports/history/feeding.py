"""One run taken into the history: which spells go on, which end, which begin with it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from reports.document import Asset, Document, Finding, day_of
from reports.history.tables import assets, findings, runs, tracks
from reports.index import Index, base
from reports.judging import GOOD
from reports.sealed import Sealed
from reports.trend import slim
from runner.canonical import encode

CHUNK = 200  # assets that are looked up at once
Record = dict[str, Any]
T = TypeVar("T")


def feed(connection: Connection, run: Sealed, document: Document, *, follows: bool) -> None:
    """Take in a run that was measured after all of its track that are in; one that follows none has no track."""
    track = _track(connection, run) if follows else None
    number = 1 + (connection.scalar(select(func.max(runs.c.n))) or 0)
    connection.execute(insert(runs), [_row(number, track, run, document)])
    if track is not None:
        feeding = _Feeding(connection, track, number, document)
        feeding.take()
        moved = {name: feeding.moved[name] for name in ("failing", "reopened", "fixed")}
        connection.execute(update(runs).where(runs.c.n == number).values(moved))


def _track(connection: Connection, run: Sealed) -> int:
    of = select(tracks.c.n).where(tracks.c.mode == run.mode, tracks.c.standard == run.standard)
    known = connection.scalar(of)
    if known is None:
        connection.execute(insert(tracks), [{"mode": run.mode, "standard": run.standard}])
        known = connection.scalar(of)
    return int(known or 0)


def _row(number: int, track: int | None, run: Sealed, document: Document) -> Record:
    told = document["run"]
    return {
        "n": number,
        "id": run.id,
        "manifest_sha256": run.manifest_sha256,
        "track": track,
        "started": told["started"],
        "ended": told["ended"],
        "day": day_of(told["ended"]).isoformat(),
        "scope": told["scope"],
        "selection": encode(told["selection"]).decode(),
        "mode": told["mode"],
        "standard": told["catalogue"]["id"],
        "catalogue_sha256": told["catalogue"]["sha256"],
        "inventory_sha256": told["inventory_sha256"],
        "program": told["program"],
        "judged_again": told["judged_again"]["id"] if "judged_again" in told else None,
        "assets": len(document["assets"]),
        "unreached": sum(asset["state"] == "unreached" for asset in document["assets"]),
        "findings": len(document["findings"]),
        "scores": encode(slim(document["scores"])).decode(),
        "checks": json.dumps(_by_check(document["findings"]), sort_keys=True),
        "failing": 0,
        "reopened": 0,
        "fixed": 0,
    }


def _by_check(found: Iterable[Finding]) -> Mapping[str, Mapping[str, int]]:
    """How many findings of each status each check came to."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in found:
        counts[base(finding["check"])][finding["status"]] += 1
    return counts


@dataclass
class _Feeding:
    """The findings of one run laid behind those of its track."""

    connection: Connection
    track: int
    number: int
    document: Document
    moved: Counter[str] = field(default_factory=Counter)

    def take(self) -> None:
        index = Index(self.document)
        looked_at = [one for one in index.all_assets.values() if one["id"] in index.found or one["cause"] != "not_run"]
        for chunk in _chunks(looked_at, CHUNK):
            ids = [asset["id"] for asset in chunk]
            self._take_assets(chunk, self._current_assets(ids))
            self._take_findings({id_: index.found.get(id_, {}) for id_ in ids})
        if not any(self.document["run"]["selection"].values()):
            self._close_gone(index)

    def _current_assets(self, ids: Sequence[str]) -> Mapping[str, Row[Any]]:
        of = select(assets).where(assets.c.track == self.track, assets.c.until.is_(None), assets.c.asset.in_(ids))
        return {row.asset: row for row in self.connection.execute(of)}

    def _take_assets(self, chunk: Sequence[Asset], current: Mapping[str, Row[Any]]) -> None:
        begun, ended, on = list[Record](), list[int](), list[Record]()
        for asset in chunk:
            known = current.get(asset["id"])
            dark = asset["state"] == "unreached"
            seen = self.number if not dark else known.seen if known else None
            if known and (known.state, known.cause, known.site) == (asset["state"], asset["cause"], asset["site"]):
                on.append({"which": known.n, "looked": self.number, "judged": seen})
                continue
            dark_from = (known.dark_from if known and known.dark_from else self.number) if dark else None
            ended += [known.n] if known else []
            told = {"asset": asset["id"], "site": asset["site"], "state": asset["state"], "cause": asset["cause"]}
            begun.append(
                {"track": self.track, **told, "first": self.number, "last": self.number, "until": None}
                | {"seen": seen, "dark_from": dark_from}
            )
        self._end(assets, ended)
        self._go_on(on)
        self._begin(assets, begun)

    def _take_findings(self, found: Mapping[str, Mapping[str, Finding]]) -> None:
        of = select(findings).where(
            findings.c.track == self.track, findings.c.until.is_(None), findings.c.asset.in_([*found])
        )
        current = {(row.asset, row.checked): row for row in self.connection.execute(of)}
        begun, ended = list[Record](), list[int]()
        for asset, by_check in found.items():
            for check, finding in by_check.items():
                known = current.pop((asset, check), None)
                if known and (known.status, known.cause) == (finding["status"], finding["cause"]):
                    continue
                ended += [known.n] if known else []
                begun.append(self._spell(finding, known))
        if not self.document["run"]["selection"]["checks"]:
            ended += [row.n for row in current.values()]  # nobody asks this of the asset any more
        self._end(findings, ended)
        self._begin(findings, begun)

    def _spell(self, finding: Finding, known: Row[Any] | None) -> Record:
        fails_from, times = (known.fails_from, known.times) if known else (None, 0)
        if finding["status"] == "fail" and fails_from is None:
            self.moved["reopened" if times else "failing"] += 1
            fails_from, times = self.number, times + 1
        elif finding["status"] in GOOD and fails_from is not None:
            self.moved["fixed"] += 1
            fails_from = None
        return {
            "track": self.track,
            "asset": finding["asset"],
            "checked": finding["check"],
            "status": finding["status"],
            "cause": finding["cause"],
            "first": self.number,
            "until": None,
            "fails_from": fails_from,
            "times": times,
        }

    def _close_gone(self, index: Index) -> None:
        """End what is known of assets that stood in the scope of this run, which asked for all, and are not listed."""
        of = select(assets.c.n, assets.c.asset, assets.c.site).where(
            assets.c.track == self.track, assets.c.until.is_(None), assets.c.last < self.number
        )
        inside = set(index.scope)
        gone = [
            row
            for row in self.connection.execute(of)
            if row.asset not in index.all_assets and (row.site in inside or row.site not in index.sites)
        ]
        self._end(assets, [row.n for row in gone])
        for chunk in _chunks([row.asset for row in gone], CHUNK):
            self.connection.execute(
                update(findings)
                .where(findings.c.track == self.track, findings.c.until.is_(None), findings.c.asset.in_(chunk))
                .values(until=self.number)
            )

    def _end(self, table: Any, which: Sequence[int]) -> None:
        if which:
            statement = update(table).where(table.c.n == bindparam("which")).values(until=self.number)
            self.connection.execute(statement, [{"which": n} for n in which])

    def _go_on(self, on: Sequence[Record]) -> None:
        if on:
            told: Record = {"last": bindparam("looked"), "seen": bindparam("judged")}
            self.connection.execute(update(assets).where(assets.c.n == bindparam("which")).values(told), [*on])

    def _begin(self, table: Any, begun: Sequence[Record]) -> None:
        if begun:
            self.connection.execute(insert(table), [*begun])


def _chunks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[at : at + size] for at in range(0, len(things), size))
