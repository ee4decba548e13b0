"""Signed and verified: a changed number, a changed run, a wrong signature, one flipped byte are each found."""

from __future__ import annotations

import io
import json
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ByteStringObject, ContentStream, DecodedStreamObject, NameObject

from inventory import load
from inventory.faults import BadInput
from inventory.history import HistoryPlace
from inventory.signing import Signing
from reports import history, make, subject
from reports.pdf import checking, leadership, printed, record
from reports.pdf.checking import Checked
from reports.pdf.signing import Seal
from reports.subject import Subject
from reports.words import Words
from runner import runs
from tests.reports import keys
from tests.reports.kept import at, city, keep, set_status
from tests.reports.keys import PASSPHRASE

OURS, THEIRS = keys.authority("Cơ quan chứng thực của thành phố"), keys.authority("Một cơ quan khác")
HELD = keys.signer(OURS)
RUN = "20261005T020000Z"


def seal(workspace: Path) -> Seal:
    settings = load.settings(workspace).signing
    assert settings is not None
    return Seal(settings, workspace)


def told_of(workspace: Path) -> Subject:
    """What a report on the second run is of."""
    with history.opened(workspace, HistoryPlace()) as held:
        return subject.of_run(held.runs, runs.find(workspace, RUN), held)


def written(workspace: Path, *, signed: bool = True, scope: str | None = None) -> bytes:
    """The report of the workspace's second run, as `report` writes it."""
    told = told_of(workspace)
    by = seal(workspace) if signed else None
    out = workspace / "out"
    (path,) = make.make(told.document, told.previous, out, ["pdf"], Words("vi"), scope, told.trend, seal=by)
    return path.read_bytes()


def checked(content: bytes, workspace: Path) -> Checked:
    return checking.check(content, workspace, load.settings(workspace).signing, lambda _: told_of(workspace))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two runs, a key and its authority."""
    workspace = tmp_path_factory.mktemp("city")
    for day in ("01", "05"):
        document = at(city(), f"2026-10-{day}T02:00:00Z")
        if day == "01":
            set_status(document, "q1-web-1", "fail", "ssh.root_login_off")
        keep(workspace, document)
    keys.keep(workspace, HELD, OURS)
    return workspace


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KY_SO", PASSPHRASE)


@pytest.fixture(scope="module")
def unsigned(original: Path) -> bytes:
    return written(original, signed=False)


@pytest.fixture(scope="module")
def signed(original: Path) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KY_SO", PASSPHRASE)
        return written(original)


@pytest.fixture
def workspace(original: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(original, tmp_path / "city"))


def test_a_signed_report_is_the_unsigned_one_with_a_signature_behind(signed: bytes, unsigned: bytes) -> None:
    assert signed.startswith(unsigned)
    assert len(signed) > len(unsigned)


def test_what_was_signed_is_verified(original: Path, signed: bytes, unsigned: bytes) -> None:
    found = checked(signed, original)
    assert (found.problems, found.open) == ([], [])
    (fact,) = found.facts
    assert re.fullmatch(rf"signed by {keys.SIGNER}, .* \(as the signer says\)", fact)
    found = checked(unsigned, original)
    assert (found.problems, found.open, found.facts) == ([], [], ["not signed"])


def test_the_mark_stands_between_post_and_name_in_blue(signed: bytes, original: Path) -> None:
    told = told_of(original)
    place = leadership.draw(told.document, told.previous, Words("vi"), told.trend).place
    page = PdfReader(io.BytesIO(signed)).pages[place.page]
    annotations: Any = page["/Annots"]
    (field,) = [a.get_object() for a in annotations if a.get_object().get("/FT") == "/Sig"]
    assert [float(edge) for edge in field["/Rect"]] == [round(edge) for edge in place.box]
    heights = _heights(page)
    assert heights["GIÁM ĐỐC"] > place.box[3] > place.box[1] > heights["Nguyễn Thị Ánh Tuyết"]
    mark = field["/AP"]["/N"]["/Resources"]["/XObject"]["/Mark"]
    assert b".121569 .247059 .658824 rg" in mark.get_data()


def _heights(page: Any) -> dict[str, float]:
    found: dict[str, float] = {}

    def visit(text: str, cm: list[float], tm: list[float], _font: object, _size: object) -> None:
        found[text.strip()] = cm[5] + tm[5]

    page.extract_text(visitor_text=visit)
    return found


def test_every_flipped_byte_is_found(original: Path, signed: bytes) -> None:
    """Of the pages, the record, the signature itself and what stands about it."""
    step = len(signed) // 5
    for position in [*range(0, len(signed), step), len(signed) - 2, signed.index(b"/ByteRange") + 14]:
        changed = bytearray(signed)
        changed[position] ^= 1
        assert checked(bytes(changed), original).problems, position


def test_a_changed_number_is_named_with_what_the_run_gives(original: Path, unsigned: bytes) -> None:
    """`83,3 %` becomes `93,3 %` on a page, as somebody would who wants a better number."""
    reader = PdfReader(io.BytesIO(unsigned))
    before = printed.pages(unsigned)
    writer = PdfWriter(clone_from=reader)
    stream = ContentStream(writer.pages[0]["/Contents"], writer)
    digit = next(n for n, (_, op) in enumerate(stream.operations) if op == b"Tj" and _digit(stream, n))
    raw = stream.operations[digit][0][0].original_bytes
    other = next(
        stream.operations[n][0][0].original_bytes
        for n in range(digit + 1, len(stream.operations))
        if stream.operations[n][1] == b"Tj" and stream.operations[n][0][0].original_bytes != raw
    )
    stream.operations[digit][0][0] = ByteStringObject(other)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    assert printed.pages(out.getvalue()) != before
    found = checked(out.getvalue(), original)
    assert any(line.startswith("page 1: says '") and "the run gives '" in line for line in found.problems)


def _digit(stream: ContentStream, number: int) -> bool:
    return len(stream.operations[number][0][0].original_bytes) > 3


def test_words_drawn_over_a_page_are_found(original: Path, unsigned: bytes) -> None:
    """Another revision behind the report that changes no word of it, but what is seen."""
    writer = PdfWriter(io.BytesIO(unsigned), incremental=True)
    over = DecodedStreamObject()
    over.set_data(b"q 1 1 1 rg 0 0 600 850 re f Q")
    page = writer.pages[0]
    page[NameObject("/Contents")] = writer._add_object(over)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(unsigned)
    assert checked(out.getvalue(), original).problems


def test_a_changed_record_is_found(original: Path, unsigned: bytes) -> None:
    carried = printed.attachment(unsigned, record.NAME)
    assert carried is not None
    writer = PdfWriter(clone_from=io.BytesIO(unsigned))
    (kept,) = writer.attachment_list
    kept.content = re.sub(rb'"percent":[0-9.]+', b'"percent":99.0', carried, count=1)
    out = io.BytesIO()
    writer.write(out)
    problems = checked(out.getvalue(), original).problems
    assert "record: infrastructure_interconnected.percent is 99.0, the run gives 22.2" in problems


def test_a_changed_run_is_found(workspace: Path, signed: bytes) -> None:
    results = workspace / "runs" / RUN / "results.json"
    results.write_bytes(results.read_bytes().replace(b'"status":"pass"', b'"status":"fail"', 1))
    assert any("results.json: was changed" in line for line in checked(signed, workspace).problems)


def test_a_run_that_is_gone_is_found(workspace: Path, signed: bytes) -> None:
    shutil.rmtree(workspace / "runs" / RUN)
    assert any(RUN in line for line in checked(signed, workspace).problems)


def test_the_signature_of_a_stranger_is_found(workspace: Path) -> None:
    keys.keep(workspace, keys.signer(THEIRS, "Kẻ lạ"), OURS)
    (problem,) = checked(written(workspace), workspace).problems
    assert problem.startswith("signature of Kẻ lạ")
    assert problem.endswith("none of the city's authorities vouches for it")


def test_without_authorities_it_cannot_be_told_who_signed(workspace: Path, signed: bytes) -> None:
    found = checking.check(signed, workspace, Signing(pkcs12="keys/ky-so.p12"), lambda _: told_of(workspace))
    assert found.problems == []
    assert len(found.open) == 1
    assert "authorities" in found.open[0]


def test_a_report_of_a_part_of_the_city_is_verified_as_such(original: Path) -> None:
    content = written(original, scope="760")
    assert checked(content, original).problems == []


def test_what_another_version_drew_is_never_good_and_its_first_page_is_compared(
    original: Path, unsigned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "drawn_by", lambda: "0" * 64)
    told = told_of(original)
    old = leadership.render(told.document, told.previous, Words("vi"), told.trend)
    monkeypatch.undo()
    found = checked(old, original)
    assert found.problems == []
    assert len(found.open) == 1
    assert "another version" in found.open[0]
    assert old != unsigned


def test_a_time_stamp_is_asked_for_and_told(workspace: Path) -> None:
    with keys.time_stamps(keys.signer(OURS, "Dấu thời gian", stamps=True)) as url:
        keys.keep(workspace, HELD, OURS, timestamp=url)
        content = written(workspace)
    (fact,) = checked(content, workspace).facts
    assert fact.endswith("(time stamp)")
    keys.keep(workspace, HELD, OURS, timestamp=url)  # nobody answers there any more
    with pytest.raises(BadInput, match="Nothing was signed"):
        written(workspace)


@pytest.mark.parametrize(
    ("break_", "said"),
    [
        (lambda folder: (folder / "ky-so.p12").unlink(), "cannot be read"),
        (lambda folder: (folder / "ky-so.p12").write_bytes(b"x"), "cannot be opened"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_clear_error(
    workspace: Path, break_: Callable[[Path], None], said: str
) -> None:
    break_(workspace / "keys")
    with pytest.raises(BadInput, match=said):
        written(workspace)


def test_a_wrong_passphrase_is_said_without_it(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KY_SO", "một-mật-khẩu-sai")
    with pytest.raises(BadInput, match="cannot be opened") as error:
        written(workspace)
    assert "mật-khẩu" not in str(error.value)


def test_no_passphrase_comes_to_rest(workspace: Path) -> None:
    content = written(workspace)
    streams = [zlib.decompress(found) for found in re.findall(rb"stream\r?\n(x.+?)\r?\nendstream", content, re.S)]
    kept = [path.read_bytes() for path in workspace.rglob("*") if path.is_file()]
    assert not [1 for one in [content, *streams, *kept] if PASSPHRASE.encode() in one]


def test_settings_of_signing_change_no_digest_of_the_inventory(workspace: Path) -> None:
    with_key = load.load(workspace).sha256
    city_file = workspace / "city.yaml"
    city_file.write_text(re.sub(r"^signing:.*\n", "", city_file.read_text(), flags=re.M))
    assert load.load(workspace).sha256 == with_key


@pytest.mark.parametrize(
    ("signing", "said"),
    [
        ("{timestamp: 'http://t'}", "needs a key"),
        ("{pkcs12: a, pkcs11: {module: m, token: t, key: k}}", "has one key"),
        ("{pkcs12: a, passphrase: 'mat-khau'}", "not a known reference"),
    ],
)
def test_faulty_settings_are_refused_without_repeating_a_secret(workspace: Path, signing: str, said: str) -> None:
    (workspace / "city.yaml").write_text(f"format: 1\nname: x\nsigning: {signing}\n")
    with pytest.raises(BadInput, match=said) as error:
        load.load(workspace)
    assert "mat-khau" not in str(error.value)


def test_the_record_is_json_with_every_score(unsigned: bytes) -> None:
    carried = printed.attachment(unsigned, record.NAME)
    assert carried is not None
    found = json.loads(carried)
    assert found["of"] == RUN
    assert set(found["figures"]) >= {"infrastructure_reviewed", "plans_implemented"}
