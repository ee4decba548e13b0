"""What was measured: summary, findings, assets, sites, the matrix of interconnection, and the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import cast

from reports import export, text
from reports import matrix as interconnection
from reports import unlisted as unknown
from reports.document import Asset, Score, Unlisted
from reports.export import Line
from reports.index import base
from reports.words import capital
from reports.workbook.book import Column, Sheet, Tone, Toned, Value, joined
from reports.workbook.told import ID, NAME, TONES, WIDE, Columns, Told

STATES: Mapping[str, Tone | None] = {"reviewed": "good", "partly": "open", "unreached": "bad"}


def summary(told: Told) -> Sheet:
    columns: Columns = (
        ("score", 36, "text"),
        ("met", 10, "whole"),
        ("total", 10, "whole"),
        ("floor", 12, "percent"),
        ("coverage", 12, "percent"),
        ("target", 12, "percent"),
        ("with_waivers", 16, "percent"),
        ("without_attestations", 16, "percent"),
        ("rule", WIDE, "text"),
    )
    notes = [text.heading(told.document, told.words), *_facts(told)]
    return told.sheet("summary", columns, _scores(told), notes)


def _facts(told: Told) -> Iterator[str]:
    """What the numbers are of, and how anyone can compute them again."""
    run, words = told.document["run"], told.words
    ruler = run["catalogue"]
    notice = text.mode_notice(told.document, words)
    if notice:
        yield notice
    yield words("fixlist.measured", moment=words.moment(run["ended"]))
    yield f"{words('html.ruler', standard=ruler['id'], version=ruler['version'])} {ruler['sha256']}"
    yield f"{words('method.inventory')}: {run['inventory_sha256']}"
    counts = Counter(line.status for line in export.lines(told.index, words))
    parts = [f"{words(f'status.{status}')} {words.number(counts[status])}" for status in sorted(counts)]
    yield words("text.findings_line", n=counts.total(), parts=" · ".join(parts))
    yield unknown.sentence(unknown.seen(told.index), words)
    yield f"{words('html.verify')} {text.verification(told.document)}"


def _scores(told: Told) -> Iterator[Sequence[Value]]:
    for name, score in cast(Mapping[str, Score], told.document["scores"]).items():
        yield (
            told.words(f"score.{name}"),
            score["met"],
            score["total"],
            score["percent"],
            score["coverage"],
            score["target"],
            score["percent_with_waivers"],
            score["percent_without_attestations"],
            capital(told.words(f"rule.{name}")),
        )


def findings(told: Told) -> Sheet:
    columns: Columns = (
        ("unit", NAME, "text"),
        ("site", NAME, "text"),
        ("asset", ID, "mono"),
        ("check", 34, "mono"),
        ("title_of_check", 44, "text"),
        ("severity", 13, "text"),
        ("status", 16, "text"),
        ("cause", 24, "text"),
        ("expected", 34, "text"),
        ("actual", 44, "text"),
        ("clauses", 16, "text"),
        ("since", 13, "day"),
        ("waiver", 14, "text"),
        ("waiver_end", 13, "day"),
        ("run", 20, "mono"),
        ("evidence", 34, "mono"),
    )
    return told.sheet("findings", columns, map(partial(_finding, told), export.lines(told.index, told.words)))


def _finding(told: Told, line: Line) -> Sequence[Value]:
    finding, mark = line.finding, line.finding["waiver"]
    trend = told.report.trend
    since = trend.failing_since.get((finding["asset"], finding["check"])) if trend and line.status == "fail" else None
    return (
        told.unit(line.asset["site"]),
        told.site(line.asset["site"]),
        finding["asset"],
        finding["check"],
        told.words.of(line.card["title"]),
        told.member("severity", line.card["severity"]),
        told.status(line.status),
        told.member("cause", finding["cause"]) if finding["cause"] else "",
        finding["expected"],
        finding["actual"],
        ", ".join(told.index.marked(finding["requirements"])),
        since.isoformat() if since else None,
        mark["id"] if mark else "",
        mark["end"] if mark else None,
        finding.get("run") or told.document["run"]["id"],
        export.short(finding["evidence"]),
    )


def assets(told: Told) -> Sheet:
    columns: Columns = (
        ("unit", NAME, "text"),
        ("site", NAME, "text"),
        ("asset", ID, "mono"),
        ("address", 20, "mono"),
        ("kind", 14, "text"),
        ("platform", 14, "text"),
        ("level", 8, "whole"),
        ("systems", 28, "text"),
        ("state", 18, "text"),
        ("cause", 24, "text"),
        ("passes", 9, "whole"),
        ("failures", 9, "whole"),
        ("not_applicable", 11, "whole"),
        ("unknown", 11, "whole"),
        ("judged_on", 13, "day"),
        ("tried_on", 13, "day"),
    )
    return told.sheet("assets", columns, map(partial(_asset, told), told.index.assets.values()))


def _asset(told: Told, asset: Asset) -> Sequence[Value]:
    counts = Counter(finding["status"] for finding in told.index.found.get(asset["id"], {}).values())
    tried = asset.get("tried")
    return (
        told.unit(asset["site"]),
        told.site(asset["site"]),
        asset["id"],
        asset["address"],
        told.member("asset_kind", asset["kind"]),
        asset["platform"],
        asset["level"],
        _names(told, asset["systems"]),
        Toned(told.member("state", asset["state"]), STATES[asset["state"]]),
        told.member("cause", asset["cause"]) if asset["cause"] else "",
        *(counts[status] for status in ("pass", "fail", "not_applicable", "unknown")),
        asset.get("judged_on"),
        tried["on"] if tried else None,
    )


def _names(told: Told, systems: Sequence[str]) -> str:
    known = {system["id"]: system for system in told.document["systems"]}
    return joined(told.words.name(known[one]) if one in known else one for one in systems)


def sites(told: Told) -> Sheet:
    scores = cast(Mapping[str, Score], told.document["scores"])
    columns: Columns = (
        ("site_id", 12, "mono"),
        ("site", 34, "text"),
        ("site_kind", 22, "text"),
        ("unit", NAME, "text"),
        ("assets_here", 9, "whole"),
        ("unreached", 11, "whole"),
        ("failures", 9, "whole"),
    )
    heads = [Column(told.words(f"sheet.{column}"), width, kind) for column, width, kind in columns]
    heads += [Column(told.share(name, part), 16, "percent") for name in scores for part in ("floor", "coverage")]
    return Sheet(told.words("sheet_name.sites"), heads, _sites(told, scores), [told.words("sheet.sites_note")])


def _sites(told: Told, scores: Mapping[str, Score]) -> Iterator[Sequence[Value]]:
    failures = Counter(told.index.assets[f["asset"]]["site"] for f in told.index.findings if f["status"] == "fail")
    for id_ in told.index.scope:
        here = told.index.at_site.get(id_, ())
        tallies = [score["by_site"].get(id_) for score in scores.values()]
        yield (
            id_,
            told.site(id_),
            told.member("site_kind", told.index.sites[id_]["kind"]),
            told.unit(id_),
            len(here),
            sum(asset["state"] == "unreached" for asset in here),
            failures[id_],
            *(
                share
                for tally in tallies
                for share in ((tally["percent"], tally["coverage"]) if tally else (None, None))
            ),
        )


def matrix(told: Told) -> Sheet:
    table = interconnection.matrix(told.index)
    heads = [
        Column(told.words("sheet.unit"), NAME),
        Column(told.words("sheet.site"), 34),
        Column(told.words("sheet.path"), 26),
        *(Column(told.words.name(service), 26) for service in table.services),
    ]
    rows = (_paths(told, row) for row in table.rows)
    return Sheet(told.words("sheet_name.matrix"), heads, rows, [told.words("sheet.matrix_note")])


def _paths(told: Told, row: interconnection.Row) -> Sequence[Value]:
    return (told.unit(row.site), told.site(row.site), *(_path(told, cell) for cell in (row.path, *row.cells)))


def _path(told: Told, cell: interconnection.Cell) -> Toned:
    said = told.member("status", cell.status)
    why = told.words(f"cause.{cell.cause}") if cell.cause else cell.actual if cell.status == "fail" else ""
    return Toned(": ".join(one for one in (said, why) if one), TONES[cell.status])


def unlisted(told: Told) -> Sheet:
    """What was seen on the networks and is not in the inventory, a thing a row."""
    sight = unknown.seen(told.index)
    columns: Columns = (
        ("unit", NAME, "text"),
        ("site", NAME, "text"),
        ("address", 24, "mono"),
        ("hardware", 20, "mono"),
        ("called", 28, "text"),
        ("seen_by", 34, "mono"),
    )
    notes = [unknown.sentence(sight, told.words), told.words("unlisted.note")]
    return told.sheet("unlisted", columns, (_unlisted(told, one) for one in sight.things), notes)


def _unlisted(told: Told, one: Unlisted) -> Sequence[Value]:
    return (
        told.unit(one["site"]),
        told.site(one["site"]),
        joined(one["addresses"]),
        one["hardware"],
        one["name"],
        joined(one["seen_by"]),
    )


def checks(told: Told) -> Sheet:
    columns: Columns = (
        ("check", 36, "mono"),
        ("title_of_check", 50, "text"),
        ("severity", 13, "text"),
        ("failures", 10, "whole"),
        ("why", WIDE, "text"),
        ("remedy", WIDE, "text"),
    )
    return told.sheet("checks", columns, _checks(told))


def _checks(told: Told) -> Iterator[Sequence[Value]]:
    failures = Counter(base(finding["check"]) for finding in told.index.findings if finding["status"] == "fail")
    for id_, card in export.cards(told.index, told.words).items():
        yield (
            id_,
            told.words.of(card["title"]),
            told.member("severity", card["severity"]),
            failures[id_],
            told.words.of(card["why"]),
            told.words.of(card["remedy"]),
        )
