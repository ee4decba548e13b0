"""Heimdall's own reader (inspecjs) takes each finding for what it is: unknown for an error, waived for failed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import Document
from reports.export import plain
from reports.formats import Report, hdf
from reports.words import LANGUAGES, Language, Words
from tests.readers import node
from tests.reports import documents
from tests.reports.formats import saying

HEIMDALL = {"pass": "Passed", "fail": "Failed", "not_applicable": "Not Applicable", "unknown": "Profile Error"}
READER = """
const fs = require("fs"), inspecjs = require("inspecjs"), found = [];
for (const file of process.argv.slice(1).filter((name) => name !== "--")) {
  const read = inspecjs.convertFile(fs.readFileSync(file, "utf8"), true);
  if (!read["1_0_ExecJson"]) throw new Error(file + " " + JSON.stringify(read.errors));
  const evaluation = inspecjs.contextualizeEvaluation(read["1_0_ExecJson"]);
  for (const profile of evaluation.contains) for (const control of profile.contains) {
    const hdf = control.root.hdf;
    found.push({target: evaluation.data.platform.target_id, id: control.data.id, status: hdf.status,
      severity: hdf.severity, waived: hdf.waived, desc: control.data.desc, message: hdf.message,
      details: hdf.finding_details, waiver: control.data.waiver_data, tags: control.data.tags});
  }
}
console.log(JSON.stringify(found));
"""


def read(document: Document, folder: Path, lang: Language = "en") -> dict[tuple[str, str], dict[str, Any]]:
    """(asset, check) → the control as Heimdall has it."""
    files = hdf.render(Report(document, None, Words(lang)), folder)
    return {(one["target"].partition(" ")[0], one["id"]): one for one in node(READER, *map(str, files))}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_heimdall_counts_every_finding_as_what_it_is(lang: Language, tmp_path: Path) -> None:
    document = documents.practice()
    document["findings"][0].update({"status": "not_applicable", "cause": None, "actual": "no such part"})
    found = read(document, tmp_path, lang)
    assert {key: one["status"] for key, one in found.items()} == {
        (f["asset"], f["check"]): HEIMDALL[f["status"]] for f in document["findings"]
    }
    for finding in document["findings"]:
        one = found[finding["asset"], finding["check"]]
        assert one["severity"] == document["checks"][finding["check"].partition("@")[0]]["severity"]
        assert one["tags"]["evidence"] == finding["evidence"]
        assert one["tags"]["requirements"] == finding["requirements"]
        assert one["tags"]["cause"] == finding["cause"]


def test_a_waiver_stands_beside_the_failure(tmp_path: Path) -> None:
    one = read(documents.practice(), tmp_path)["w26743-web-1", "files.secret_files_protected"]
    assert (one["status"], one["waived"]) == ("Failed", False)
    assert one["waiver"]["justification"] == "Chờ thay chứng thư số"
    assert one["waiver"]["expiration_date"] == "2026-12-15"


def test_what_was_not_measured_is_an_error_and_what_was_not_asked_has_no_file(tmp_path: Path) -> None:
    document = documents.practice()
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    assert read(document, tmp_path)["dc-db-1", "asset.measured"]["status"] == "Profile Error"
    document["run"]["selection"]["assets"] = ["dc-log-1"]
    assert "dc-db-1" not in {asset for asset, _ in read(document, tmp_path)}


def test_heimdall_reads_hostile_text_as_text(tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(saying.NASTY):
        (tmp_path / str(number)).mkdir()
        files += hdf.render(Report(saying.document(text), None, Words("en")), tmp_path / str(number))
    found = node(READER, *map(str, files))
    texts = {one["desc"] for one in found if one["id"] == "audit.running"}
    assert texts == {plain(text) for text in saying.NASTY}
    for one in found:
        assert one["status"] == "Not Applicable" or one["desc"] in one["message"]


@saying.WRITTEN
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY)))
def test_files_hold_the_text_whatever_it_is(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = hdf.render(Report(saying.document(text), None, Words("vi")), Path(folder))
        said = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert {one["profiles"][0]["controls"][0]["title"] for one in said} == {plain(text)}


def test_the_name_of_a_file_leads_nowhere_else(tmp_path: Path) -> None:
    document = documents.practice()
    for name in ("../up", "index", "a/b", ".hidden", "A"):
        document["assets"].append({**document["assets"][0], "id": name})
    files = hdf.render(Report(document, None, Words("vi")), tmp_path)
    assert {file.parent for file in files} == {tmp_path / "hdf-vi"}
    assert len({*files}) == len(document["assets"])
    assert not [file for file in files if file.name.startswith(".")]
