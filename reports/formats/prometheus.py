"""A text file for node_exporter's textfile collector: scores, findings, assets, waivers and the run's times.

Samples carry no time of their own (the collector refuses them): `rasoat_run_ended_timestamp_seconds` tells their age.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import cast, get_args

from reports import export
from reports.document import VIETNAM, Document, Score, StateWord
from reports.export import Line, plain
from reports.formats import Report
from reports.index import Index
from reports.words import Words
from runner.files import replace

Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, Decimal | int]]
JUDGED = ("pass", "fail", "not_applicable")
STATES: tuple[StateWord, ...] = get_args(StateWord)


def render(report: Report, out: Path) -> list[Path]:
    """`rasoat.prom`, whole or not there, as the collector needs it."""
    path = out / "rasoat.prom"
    index = Index(report.document)
    metrics = [*_of_run(report.document), *_of_scores(report.document), *_of_findings(index, report.words)]
    replace(path, "".join(_metric(*metric, report.words) for metric in [*metrics, *_of_ends(index)]).encode())
    return [path]


def _metric(name: str, samples: Samples, words: Words) -> str:
    """One gauge with its help; nothing where there is no sample."""
    rows = [f"rasoat_{name}{_labels(labels)} {value}\n" for labels, value in samples]
    told = words(f"metric.{name}").replace("\\", "\\\\")
    return "".join((f"# HELP rasoat_{name} {told}\n", f"# TYPE rasoat_{name} gauge\n", *rows)) if rows else ""


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(value: str) -> str:
    return plain(value).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _of_run(document: Document) -> Iterator[tuple[str, Samples]]:
    run = document["run"]
    about = {name: str(run[name]) for name in ("id", "scope", "mode", "program", "inventory_sha256")}
    ruler = {f"catalogue_{name}": value for name, value in sorted(cast(Mapping[str, str], run["catalogue"]).items())}
    yield "run_info", [({**about, **ruler}, 1)]
    yield "run_complete", [({}, int(run["complete"]))]
    for name in ("started", "ended"):
        yield f"run_{name}_timestamp_seconds", [({}, _seconds(datetime.fromisoformat(cast(dict[str, str], run)[name])))]


def _seconds(moment: datetime) -> Decimal:
    return Decimal(str(moment.timestamp())).normalize() + 0


def _of_scores(document: Document) -> Iterator[tuple[str, Samples]]:
    """Ratios between 0 and 1 of the percentages that the document has, exactly."""
    scores = cast(Mapping[str, Score], document["scores"])
    whole: tuple[tuple[str, str], ...] = (
        ("score_floor_ratio", "percent"),
        ("score_coverage_ratio", "coverage"),
        ("score_target_ratio", "target"),
        ("score_floor_with_waivers_ratio", "percent_with_waivers"),
        ("score_floor_without_attestations_ratio", "percent_without_attestations"),
    )
    for metric, field in whole:
        yield metric, [({"score": name}, _ratio(score[field])) for name, score in scores.items()]  # type: ignore[literal-required]  # a key of a score
    for field in ("met", "total"):
        yield f"score_{field}", [({"score": name}, score[field]) for name, score in scores.items()]  # type: ignore[literal-required]  # a key of a score
    for metric, field in (("site_score_floor_ratio", "percent"), ("site_score_coverage_ratio", "coverage")):
        yield (
            metric,
            [
                ({"score": name, "site": site}, _ratio(tally[field]))  # type: ignore[literal-required]  # a key of a score
                for name, score in scores.items()
                for site, tally in score["by_site"].items()
            ],
        )


def _ratio(percent: float) -> Decimal:
    return Decimal(str(percent)) / 100


def _of_findings(index: Index, words: Words) -> Iterator[tuple[str, Samples]]:
    """By the site at which they stand (not summed over what is below it), so that a sum counts each of them once."""
    lines = [*export.lines(index, words)]
    found = Counter((line.asset["site"], line.status, line.finding["cause"] or "") for line in lines)
    found.update({(site, status, ""): 0 for site in index.scope for status in JUDGED})
    yield (
        "findings",
        [({"site": s, "status": status, "cause": c}, n) for (s, status, c), n in sorted(found.items())],
    )
    failures = Counter(_failure(line) for line in lines if line.status == "fail")
    yield (
        "failures",
        [({"site": s, "severity": grade, "waived": w}, n) for (s, grade, w), n in sorted(failures.items())],
    )
    states = Counter((asset["site"], asset["state"]) for asset in index.assets.values())
    yield "assets", [({"site": s, "state": state}, states[s, state]) for s in index.scope for state in STATES]
    yield "site_info", [({"site": s, **_site(index, s, words)}, 1) for s in index.scope]


def _failure(line: Line) -> tuple[str, str, str]:
    mark = line.finding["waiver"]
    return line.asset["site"], line.card["severity"], str(mark is not None and mark["valid"]).lower()


def _site(index: Index, site: str, words: Words) -> Labels:
    one = index.sites[site]
    return {"name": words.name(one), "kind": one["kind"], "parent": one["parent"] or ""}


def _of_ends(index: Index) -> Iterator[tuple[str, Samples]]:
    """The end of the last day on which each holds, in Vietnam."""
    waivers, attestations = index.document["waivers"], index.document["attestations"]
    yield "waiver_end_timestamp_seconds", [({"id": one["id"]}, _end(one["end"])) for one in waivers]
    yield (
        "attestation_end_timestamp_seconds",
        [({"id": one["id"], "system": one["system"]}, _end(one["expires_on"])) for one in attestations],
    )


def _end(day: str) -> Decimal:
    return _seconds(datetime.combine(date.fromisoformat(day), time.max.replace(microsecond=0), VIETNAM))
