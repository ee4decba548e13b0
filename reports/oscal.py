"""One document as the parts of OSCAL assessment results: observations, risks, findings and what they are about.

OSCAL's titles and descriptions are Markdown and its strings are one line each: `markup` and `string` keep what machines
and files say as plain text in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from reports import export, planning, plans
from reports.document import VIETNAM, Attestation, Requirement, System, WaiverMark
from reports.export import Line
from reports.index import Index, base
from reports.judging import waived
from reports.words import Words, capital

SPACE = "urn:rasoat:oscal"
END_OF_DAY = time(23, 59, 59)
MARKUP = re.compile(r"""[\\`*_{}\[\]<>~^&"|#!]""")
BLOCK = re.compile(r"^(\d*)([-+=.)])")  # what would begin a list or underline a heading
NOT_IN_TOKEN = re.compile(r"[^\w.-]")
MET: Mapping[str, tuple[str, str]] = {
    "met": ("satisfied", "pass"),
    "not_met": ("not-satisfied", "fail"),
    "unknown": ("not-satisfied", "other"),
}


def string(text: str) -> str:
    """One line without blanks at its ends; never empty."""
    return " ".join(export.plain(text).split()) or "–"


def markup(text: str) -> str:
    """Text that Markdown shows as it is."""
    return BLOCK.sub(r"\1\\\2", MARKUP.sub(r"\\\g<0>", string(text)))


def token(id_: str) -> str:
    """The id as a name that OSCAL can refer to: a letter or `_` first, then letters, figures, `.`, `-` and `_`."""
    name = NOT_IN_TOKEN.sub(lambda match: f"_{ord(match[0]):x}_", export.plain(id_))
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


def prop(name: str, value: object) -> dict[str, str]:
    return {"name": name, "ns": SPACE, "value": string(str(value))}


@dataclass(frozen=True)
class Parts:
    """What a results document says in OSCAL's terms, in one language."""

    index: Index
    words: Words
    runs: tuple[Path, ...] = ()

    def uuid(self, *parts: str) -> str:
        return export.identity(self.index.document, "oscal", *parts)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(export.lines(self.index, self.words, self.runs))

    def systems(self) -> Iterator[dict[str, Any]]:
        """The systems that the assets serve, as components."""
        for system in self.index.document["systems"]:
            dossier = system["dossier"]["state"] if system["dossier"] else "none"
            yield {
                "uuid": self.uuid("system", system["id"]),
                "type": "system",
                "title": markup(self.words.name(system)),
                "description": markup(self.words.name(system)),
                "props": [
                    prop("system-id", system["id"]),
                    prop("owner", system["owner"]),
                    prop("level", system["level"] or "–"),
                    prop("dossier", dossier),
                ],
                "status": {"state": "operational"},
            }

    def inventory(self) -> Iterator[dict[str, Any]]:
        """The assets in scope; one that was not reached says so, and why."""
        known = {system["id"] for system in self.index.document["systems"]}
        for asset in self.index.assets.values():
            serves = [{"component-uuid": self.uuid("system", one)} for one in asset["systems"] if one in known]
            item = {
                "uuid": self.uuid("asset", asset["id"]),
                "description": markup(f"{asset['id']}, {self.words.name(self.index.sites[asset['site']])}"),
                "props": [
                    {"name": "asset-id", "value": string(asset["id"])},
                    *(prop(name, asset[name]) for name in ("address", "kind", "platform", "level", "state")),
                    prop("site", asset["site"]),
                    prop("place", export.place(self.index, asset)),
                    *([prop("cause", asset["cause"])] if asset["cause"] else []),
                ],
            }
            yield {**item, "implemented-components": serves} if serves else item

    def observations(self) -> Iterator[dict[str, Any]]:
        """Every finding as a test of one asset, every attestation as a document that was looked at."""
        yield from map(self._observation, self.lines)
        yield from (self._attestation(one) for one in self.index.document["attestations"] if self._is_inside(one))

    def _observation(self, line: Line) -> dict[str, Any]:
        finding = line.finding
        told = [export.heading(line, self.words), *export.told(line, self.words)]
        observation = {
            "uuid": self.uuid("finding", finding["asset"], finding["check"]),
            "title": markup(self.words.of(line.card["title"])),
            "description": markup(". ".join(told)),
            "props": [
                prop("check", line.check),
                prop("status", line.status),
                *([prop("cause", finding["cause"])] if finding["cause"] else []),
                prop("severity", line.card["severity"]),
                *([prop("waiver", finding["waiver"]["id"])] if finding["waiver"] else []),
                *(prop("command", command) for command in line.commands),
            ],
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": self.uuid("asset", finding["asset"]), "type": "inventory-item"}],
            "collected": self.index.document["run"]["ended"],
        }
        run = finding.get("run") or self.index.document["run"]["id"]
        evidence = [self._evidence(name, run) for name in finding["evidence"]]
        return {**observation, "relevant-evidence": evidence} if evidence else observation

    def _evidence(self, name: str, run: str) -> dict[str, Any]:
        told = self.words("oscal.evidence", run=run)
        return {"description": markup(told), "props": [prop("evidence", name)]}

    def _is_inside(self, one: Attestation) -> bool:
        return one["system"] in self.index.systems

    def _attestation(self, one: Attestation) -> dict[str, Any]:
        end = self.words.day(one["expires_on"])
        begins = self.words.day(one["signed_on"])
        told = self.words("plan.attested", officer=one["officer"], document=one["document"], start=begins, end=end)
        digest = one["document_sha256"]
        return {
            "uuid": self.uuid("attestation", one["id"]),
            "title": markup(one["id"]),
            "description": markup(told),
            "props": [prop("requirement", one["requirement"]), prop("officer", one["officer"])],
            "methods": ["EXAMINE"],
            "types": ["control-objective"],
            "subjects": [{"subject-uuid": self.uuid("system", one["system"]), "type": "component"}],
            "relevant-evidence": [
                {
                    "description": markup(one["document"]),
                    "props": [prop("document-sha256", digest) if digest else prop("document", one["document"])],
                }
            ],
            "collected": _moment(one["signed_on"], time.min),
            "expires": _moment(one["expires_on"], END_OF_DAY),
        }

    @cached_property
    def _grouped(self) -> Mapping[tuple[str, str], list[Line]]:
        """What is not good, by what it risks: the failures of a check under one waiver or none, one cause unknown."""
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            mark = line.finding["waiver"]
            if line.status == "fail":
                found.setdefault((base(line.check), mark["id"] if mark else ""), []).append(line)
            elif line.status == "unknown":
                found.setdefault(("", line.finding["cause"] or ""), []).append(line)
        return dict(sorted(found.items()))

    @cached_property
    def _risk_of(self) -> Mapping[tuple[str, str], str]:
        """(asset, check) → the risk that the finding is part of."""
        return {
            (line.asset["id"], line.check): self.uuid("risk", *key)
            for key, lines in self._grouped.items()
            for line in lines
        }

    def risks(self) -> Iterator[dict[str, Any]]:
        """What is not good, once for all findings that show it. A valid waiver makes it an approved deviation."""
        for key, lines in self._grouped.items():
            risk = self._risk(lines[0]) if key[0] else self._blind(key[1])
            related = [{"observation-uuid": self.uuid("finding", one.asset["id"], one.check)} for one in lines]
            yield {"uuid": self.uuid("risk", *key), **risk, "related-observations": related}

    def _risk(self, line: Line) -> dict[str, Any]:
        card, mark, words = line.card, line.finding["waiver"], self.words
        remedy = {
            "uuid": self.uuid("remedy", base(line.check), mark["id"] if mark else ""),
            "lifecycle": "recommendation",
            "title": markup(words.of(card["title"])),
            "description": markup(words.of(card["remedy"])),
        }
        severity = words(f"severity.{card['severity']}")
        risk = {
            "title": markup(f"{words.of(card['title'])} ({severity})"),
            "description": markup(export.waiver(mark, words) if mark else words.of(card["why"])),
            "statement": markup(words.of(card["why"])),
            "props": [prop("check", base(line.check)), prop("severity", card["severity"]), *_waiver(mark)],
            "status": "deviation-approved" if waived(line.finding) else "open",
            "remediations": [remedy],
        }
        return {**risk, "deadline": _moment(mark["end"], END_OF_DAY)} if mark else risk

    def _blind(self, cause: str) -> dict[str, Any]:
        """What was not measured may be anything: the risk stays open until it is."""
        return {
            "title": markup(capital(self.words(f"cause.{cause}"))),
            "description": markup(self.words(f"cause_do.{cause}")),
            "statement": markup(self.words("oscal.not_measured")),
            "props": [prop("cause", cause)],
            "status": "open",
        }

    def findings(self) -> Iterator[dict[str, Any]]:
        """For each system in scope that has a level, every requirement: satisfied or not, and on what that rests."""
        for system in self.index.systems.values():
            if any(plans.demanded(self.index, system)):
                seen = planning.view(self.index, system["id"])
                yield from (self._finding(system, seen.counted, row) for row in seen.rows)

    def _finding(self, system: System, counted: bool, row: planning.Row) -> dict[str, Any]:
        state, reason = MET[row.met]
        excluded = row.how == "not_applicable"
        title = f"{self.words.name(system)}: {row.title[self.words.lang]}"
        status = {"state": state, "reason": "other" if excluded else reason}
        told = (
            self.words("plan.not_applicable", reason=row.reason or "")
            if excluded
            else self.words(f"plan_met.{row.met}")
        )
        finding: dict[str, Any] = {
            "uuid": self.uuid("plan", system["id"], row.id),
            "title": markup(title),
            "description": markup(f"{title}: {told}"),
            "props": [
                prop("system-id", system["id"]),
                prop("clause", row.clause),
                prop("clause-verified", str(row.verified).lower()),
                prop("how", row.how),
                prop("plan-approved", str(counted).lower()),
            ],
            "target": {
                "type": "objective-id",
                "target-id": token(row.id),
                "status": {**status, "remarks": markup(told)},
            },
        }
        found = [self.uuid("finding", one.asset, one.check) for one in row.probes if one.finding]
        found += [self.uuid("attestation", one["id"]) for one in row.attestations]
        risks = {self._risk_of[key] for one in row.missing if (key := (one.asset, one.check)) in self._risk_of}
        if found:
            finding["related-observations"] = [{"observation-uuid": one} for one in found]
        if risks:
            finding["related-risks"] = [{"risk-uuid": one} for one in sorted(risks)]
        return finding

    def reviewed(self) -> dict[str, Any]:
        """The standard's requirements as controls, each its own objective."""
        requirements = self.index.document["requirements"]
        selection: dict[str, Any] = {"description": markup(self.words("oscal.reviewed"))}
        if not requirements:
            return {"control-selections": [{**selection, "include-all": {}}]}
        return {
            "control-selections": [
                {**selection, "include-controls": [{"control-id": token(one["id"])} for one in requirements]}
            ],
            "control-objective-selections": [
                {"include-objectives": [{"objective-id": token(one["id"])} for one in requirements]}
            ],
        }

    def objectives(self) -> Iterator[dict[str, Any]]:
        """The words of each requirement, since no catalogue of the standard is published in OSCAL."""
        yield from (self._objective(one) for one in self.index.document["requirements"])

    def _objective(self, one: Requirement) -> dict[str, Any]:
        return {
            "control-id": token(one["id"]),
            "description": markup(self.words.of(one["title"])),
            "props": [
                *(prop(f"clause-level-{level}", clause) for level, clause in sorted(one["clauses"].items())),
                prop("clause-verified", str(one["verified"]).lower()),
            ],
            "parts": [
                {"id": token(one["id"]), "name": "assessment-objective", "prose": markup(self.words.of(one["title"]))}
            ],
        }


def _waiver(mark: WaiverMark | None) -> list[dict[str, str]]:
    return [prop(f"waiver-{name}", mark[name]) for name in ("id", "owner", "approver", "start", "end")] if mark else []


def _moment(day: str, clock: time) -> str:
    return datetime.combine(date.fromisoformat(day), clock, VIETNAM).isoformat()
