"""JUnit XML: a suite an asset, a case a finding. A failure is a failure, what could not be judged is an error.

Read by build servers and dashboards. A waiver stands in the failure and in its properties; it skips nothing (law 5).
Only what the check itself found not applicable is skipped, with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from reports import export
from reports.document import Document
from reports.export import Line, plain
from reports.formats import Report
from reports.index import Index
from reports.words import Words
from runner.files import whole

OUTCOMES = {"fail": "failure", "unknown": "error", "not_applicable": "skipped"}
COUNTED = {"fail": "failures", "unknown": "errors", "not_applicable": "skipped"}


def render(report: Report, out: Path) -> list[Path]:
    """`findings-vi.junit.xml`, written suite by suite."""
    path = out / f"findings-{report.words.lang}.junit.xml"
    index = Index(report.document)
    with whole(path) as file:
        file.write(b'<?xml version="1.0" encoding="utf-8"?>\n')
        file.write(_head(index, report.words))
        for suite in _suites(index, report.words, report.runs):
            file.write(tostring(suite, "utf-8", xml_declaration=False) + b"\n")
        file.write(b"</testsuites>\n")
    return [path]


def _head(index: Index, words: Words) -> bytes:
    run = index.document["run"]
    counts = Counter(line.status for line in export.lines(index, words))
    root = Element("testsuites", {"name": f"{export.PROGRAM} {run['id']}", **_counts(counts)})
    opened = tostring(root, "unicode").removesuffix(" />")
    return f"{opened}>\n".encode()


def _counts(counts: Counter[str]) -> dict[str, str]:
    """How many cases there are, and how many of each outcome that is not good."""
    return {"tests": str(counts.total()), **{name: str(counts[status]) for status, name in COUNTED.items()}}


def _suites(index: Index, words: Words, runs: Sequence[Path]) -> Iterator[Element]:
    """A suite for every asset in scope; one that was not asked for has no case and says so in its properties."""
    lines = export.lines(index, words, runs)
    found = {id_: [*those] for id_, those in groupby(lines, lambda line: line.asset["id"])}
    for id_ in index.assets:
        yield _suite(index, id_, found.get(id_, []), words)


def _suite(index: Index, id_: str, lines: list[Line], words: Words) -> Element:
    asset, run = index.assets[id_], index.document["run"]
    where = export.place(index, asset)
    named = {"name": id_, "package": where.replace("/", "."), "hostname": asset["address"]}
    counted = {**named, "timestamp": run["started"].removesuffix("Z"), **_counts(Counter(one.status for one in lines))}
    suite = Element("testsuite", {name: plain(value) for name, value in counted.items()})
    about = [
        ("site", asset["site"]),
        ("site_name", words.name(index.sites[asset["site"]])),
        ("systems", " ".join(asset["systems"])),
        *((name, str(asset[name])) for name in ("kind", "platform", "level", "state")),
        ("cause", asset["cause"] or ""),
        *_run(index.document),
    ]
    _properties(suite, about)
    for line in lines:
        suite.append(_case(where, line, words))
    return suite


def _run(document: Document) -> Iterable[tuple[str, str]]:
    run = document["run"]
    yield from (("run", run["id"]), ("mode", run["mode"]), ("complete", str(run["complete"]).lower()))
    yield from (("catalogue", f"{run['catalogue']['id']} {run['catalogue']['version']}"), ("program", run["program"]))


def _case(where: str, line: Line, words: Words) -> Element:
    finding, mark = line.finding, line.finding["waiver"]
    place = f"{where.replace('/', '.')}.{line.asset['id']}"
    case = Element("testcase", {"classname": plain(place), "name": plain(line.check)})
    about = [
        ("title", words.of(line.card["title"])),
        ("severity", line.card["severity"]),
        *(("requirement", clause) for clause in finding["requirements"]),
        *(("evidence", name) for name in finding["evidence"]),
        *(("command", command) for command in line.commands),
        *((f"waiver.{name}", str(value)) for name, value in (mark or {}).items()),
    ]
    _properties(case, about)
    if line.status in OUTCOMES:
        case.append(_outcome(line, words))
    else:
        SubElement(case, "system-out").text = plain("\n".join(export.told(line, words)))
    return case


def _outcome(line: Line, words: Words) -> Element:
    finding = line.finding
    message = finding["actual"] or (words(f"cause.{finding['cause']}") if finding["cause"] else "")
    kind = finding["cause"] or (line.card["severity"] if line.status == "fail" else line.status)
    said = [export.heading(line, words), *export.told(line, words)]
    if line.status != "not_applicable":
        said += [
            words("finding.why", text=words.of(line.card["why"])),
            words("finding.remedy", text=words.of(line.card["remedy"])),
        ]
    title = f"{words.of(line.card['title'])}: {message}"
    outcome = Element(OUTCOMES[line.status], {"type": kind, "message": plain(title)})
    outcome.text = plain("\n".join(said))
    return outcome


def _properties(parent: Element, about: Iterable[tuple[str, str]]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in about:
        SubElement(properties, "property", {"name": name, "value": plain(value)})
