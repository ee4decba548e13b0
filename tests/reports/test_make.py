"""Reports are written where and as asked; a spreadsheet computes nothing; nothing half done is left."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.faults import BadInput
from reports import make, score
from reports.document import Document
from reports.formats.csv import FORMULA, guarded
from reports.narrowing import narrowed
from reports.words import Words
from runner.files import CannotKeep
from tests.reports import documents

HDF = [f"{one['id']}.json" for one in sorted(documents.practice()["assets"], key=lambda one: one["id"])]


def write(out: Path, *formats: str, scope: str | None = None, previous: Document | None = None) -> list[Path]:
    return make.make(documents.practice(), previous, out, formats, Words("vi"), scope)


def test_every_format_writes_its_files(tmp_path: Path) -> None:
    written = write(tmp_path / "new" / "folder", *make.known())
    assert [path.name for path in written] == [
        "audit-vi.pdf",
        "findings-vi.csv",
        "index.html",
        "form08-vi.pdf",
        "form08-vi.xlsx",
        *HDF,
        "index.html",
        "results.json",
        "findings-vi.junit.xml",
        "assessment-results-vi.json",
        "leadership-vi.pdf",
        "rasoat.prom",
        "findings-vi.sarif",
        "audit-vi.xlsx",
    ]
    assert all(path.stat().st_size > 0 for path in written)
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="docx"):
        write(tmp_path / "out", "pdf", "docx")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotKeep):
        write(tmp_path / "file" / "out", "json")


def test_a_scope_narrows_everything(tmp_path: Path) -> None:
    write(tmp_path, "fixes", "csv", "json", scope="760")
    names = {"index.html", "760.html", "760.pdf", "760.xlsx"}
    assert {path.name for path in (tmp_path / "fix-lists-vi").iterdir()} == names
    rows = list(csv.DictReader(io.StringIO((tmp_path / "findings-vi.csv").read_text(encoding="utf-8-sig"))))
    assert {row["unit"] for row in rows} == {"Quận 1"}
    document = json.loads((tmp_path / "results.json").read_text())
    assert document["run"]["scope"] == "760"
    assert document["scores"] == score.scores(document)
    assert document["scores"]["infrastructure_reviewed"]["total"] == 5


def test_a_scope_keeps_the_far_end_of_its_links() -> None:
    smaller = narrowed(documents.practice(), "760")
    items = {item["id"]: item["met"] for item in smaller["scores"]["infrastructure_interconnected"]["items"]}
    assert items == {"760": True, "26740": True, "26743": True}


@pytest.mark.parametrize("scope", ["999", "79"])
def test_a_scope_outside_the_run_is_refused(tmp_path: Path, scope: str) -> None:
    document = narrowed(documents.practice(), "760")
    with pytest.raises(BadInput, match=scope):
        make.make(document, None, tmp_path, ["json"], Words("vi"), scope)


def test_an_earlier_document_without_the_site_does_not_stop_a_report(tmp_path: Path) -> None:
    earlier = documents.practice()
    earlier["sites"] = [site for site in earlier["sites"] if site["id"] != "26743"]
    write(tmp_path, "html", scope="26743", previous=earlier)


def test_the_table_has_every_finding_and_no_formula(tmp_path: Path) -> None:
    document = documents.hostile()
    for finding in document["findings"]:
        finding["actual"] = '=HYPERLINK("http://x")\n+1'
    make.make(document, None, tmp_path, ["csv"], Words("en"))
    content = (tmp_path / "findings-en.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(document["findings"]) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]


@given(st.text())
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    assert not guarded(cell).lstrip(" ").startswith(FORMULA)
    assert guarded(cell).endswith(cell)
