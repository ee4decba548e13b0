"""The leadership report: right words, right numbers, embedded glyphs, the same bytes every time, and soon enough."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from reports.document import Document
from reports.index import Index
from reports.pdf import charts, fonts, leadership, tiles
from reports.pdf.front import symbol
from reports.standings import Place, blocks, standings
from reports.trend import Trend
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents

ROOT = Path(__file__).parents[2]
DEJAVU_MONO = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"  # 46 Vietnamese letters are missing in it

TILES = ((100.0, True), (99.9, True), (75.0, True), (50.0, True), (0.1, True), (0.0, True), (0.0, False))


def render(
    document: Document, lang: Language = "vi", previous: Document | None = None, trend: Trend | None = None
) -> PdfReader:
    return PdfReader(io.BytesIO(leadership.render(document, previous, Words(lang), trend)))


def text_of(reader: PdfReader, *pages: int) -> str:
    chosen = [reader.pages[page] for page in pages] if pages else reader.pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in chosen))


def test_the_first_page_is_an_administrative_report_that_stands_alone() -> None:
    first = text_of(render(documents.practice()), 0)
    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "TRUNG TÂM CHUYỂN ĐỔI SỐ",
        "/BC-TTCĐS",
        "ngày 21 tháng 11 năm 2026",
        "BÁO CÁO",
        "66,6 %",
        "33,3 %",
        "mục tiêu 100 %",
        "mục tiêu 90 %",
        "Đơn vị được liên thông 6/9 66,6 % 77,7 % –",
        "Chưa có kỳ rà soát trước để so sánh",
        "3 đơn vị chưa được chứng minh liên thông",
        "cần thêm 4 hệ thống để đạt 90 %",
        "Hoàn thành 4 hệ thống bằng 10 việc, đưa kết quả từ 33,3 % lên 100 %",
        "thành phố thực hành",
    ):
        assert said in first


def test_the_real_city_is_not_called_a_practice_city() -> None:
    document = documents.practice()
    document["run"]["mode"] = "live"
    assert "thực hành" not in text_of(render(document))


def test_numbers_that_changed_are_on_the_first_page() -> None:
    earlier = documents.practice()
    earlier["run"]["id"] = "20261021T021500Z"
    for finding in earlier["findings"]:
        if finding["asset"] == "q1-edge-1":
            finding["status"] = "fail"
    first = text_of(render(documents.practice(), previous=documents.scored(earlier)), 0)
    assert "+33,3 điểm so với kỳ trước" in first
    assert "So với lượt 20261021T021500Z: 0 lỗi mới, 14 lỗi đã khắc phục" in first


def test_a_month_is_named_with_the_days_of_its_results() -> None:
    shown = text_of(render(documents.month(documents.practice())))
    for said in (
        "theo cấp độ, tháng 11/2026",
        "đo từ 03/11/2026 đến 21/11/2026, lấy kết quả mới nhất của từng tài sản",
        "Tháng 11/2026 · thành phố thực hành",
        "03/11/2026: 7 tài sản · 12/11/2026: 7 tài sản · 21/11/2026: 6 tài sản",
        "chưa đo được trong tháng: 4 tài sản",
        "20261121T021500Z abababababababab…",
    ):
        assert said in shown


def test_the_course_stops_where_the_ruler_or_the_inventory_changed() -> None:
    document = documents.practice()
    course = documents.course(document, ("2026-03", True, False), ("2026-06", False, True), ("2026-08", True, True))
    assert [*charts.stretches(course.points)] == [(0, 2), (3, 5), (6, 7), (8, 11)]
    shown = text_of(render(document, trend=course))
    assert "R: căn cứ đánh giá thay đổi từ 28/03/2026 và 28/08/2026." in shown
    assert "I: danh mục thay đổi từ 28/06/2026 và 28/08/2026." in shown
    assert "Chưa có kỳ nào trước kỳ này" in text_of(render(document))


def test_a_unit_is_ranked_with_the_worst_of_its_wards() -> None:
    index = Index(documents.practice())
    worst = {one.unit: one.worst and (one.worst.site, one.worst.percent, one.worst.known) for one in standings(index)}
    assert worst["769"] == ("26848", 0.0, True)
    assert worst["765"] == ("26956", 0.0, False)
    assert worst["79"] is None
    assert "Phường 25 · chưa đo được" in text_of(render(documents.practice()))


def test_every_site_has_its_tile_on_the_map() -> None:
    document = documents.large(1000)
    shown = [place.site for block in blocks(Index(document)) for place in block.tiles]
    assert sorted(shown) == sorted(one["id"] for one in document["sites"])


def test_a_tile_tells_its_class_by_tone_pattern_and_number() -> None:
    classes = [Place("x", percent, known).class_ for percent, known in TILES]
    assert classes == ["all", "most", "most", "half", "some", "none", "unmeasured"]
    tones = [0.3 * tone.red + 0.59 * tone.green + 0.11 * tone.blue for tone, _ in tiles.TONES.values()]
    assert all(later - earlier > 0.1 for earlier, later in itertools.pairwise(tones[:5]))


def test_targets_that_are_declared_or_have_no_figure_say_so() -> None:
    shown = text_of(render({**documents.practice(), "targets": documents.targets()}))
    for said in (
        "Chỉ tiêu theme.rank ≤ hạng 5 hạng 4 đạt Khai báo: –, 31/10/2026",
        "Chỉ tiêu theme.reviewed 100 % 83,3 % chưa đạt Đo; độ phủ 83,3 %",
        "Chỉ tiêu government.mail 100 % chưa có số liệu – Chưa có phép đo",
        "Chỉ tiêu government.signatures ≥ 90 % 92,5 % đạt Khai báo: Báo cáo 45/BC-SNV, 31/10/2026",
        "Chỉ tiêu economy.gdp > 25 % 21,5 % chưa đạt",
        "Chỉ tiêu security.missing – chưa có số liệu – Chưa được khai báo",
    ):
        assert said in shown


def test_assets_out_of_reach_say_since_when() -> None:
    document = documents.practice()
    shown = text_of(render(document, trend=documents.course(document)))
    assert "Quá thời gian chờ 2 03/08/2026" in shown
    assert "Bị từ chối đăng nhập 03/08/2026" in shown


def test_the_lists_behind_the_numbers_follow() -> None:
    document = documents.practice()
    rest = text_of(render(document), *range(1, len(render(document).pages)))
    for said in (
        *(site["name"] for site in document["sites"] if site["kind"] == "district"),
        *(asset["id"] for asset in document["assets"] if asset["state"] == "unreached"),
        "Khóa máy chủ đã thay đổi",
        *(system["name"] for system in document["systems"]),
        "Đã triển khai đầy đủ",
        "cn-2026-01",
        "6.2.9*",
        "14/15 yêu cầu có số điều khoản chưa đối chiếu",
        document["run"]["catalogue"]["sha256"],
        document["run"]["inventory_sha256"],
        "rasoat verify leadership-vi.pdf",
        "Nơi nhận:",
        "GIÁM ĐỐC",
        "Nguyễn Thị Ánh Tuyết",
    ):
        assert said in rest


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_numbers_and_bookmarks(lang: Language) -> None:
    reader = render({**documents.practice(), "targets": documents.targets()}, lang)
    words = Words(lang)
    assert not reader.pages[0].extract_text().strip().startswith("1")
    body = _annexes(reader, words)[0]
    assert body > 3
    assert [_top_centre(page) for page in reader.pages[:body]] == ["", *map(str, range(2, body + 1))]
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    sections = (
        "trend",
        "map",
        "districts",
        "systems",
        "unreached",
        "unlisted",
        "worst",
        "endings",
        "scorecard",
        "method",
    )
    inside = [f"{n}. {words(f'{name}.title')}" for n, name in enumerate(sections, 4)]
    annexes = ("unreached", "plans", "unclassified")
    front = [f"{n}. {words(f'leadership.{name}')}" for n, name in enumerate(("moved", "holds_back", "path"), 1)]
    assert titles == [
        *front,
        *inside,
        *(words(f"annex.{name}") for name in annexes),
    ]


def _annexes(reader: PdfReader, words: Words) -> list[int]:
    """The pages on which annexes begin."""
    starts = [words("annex.number", numeral=numeral) for numeral in ("I", "II", "III", "IV")]
    lines = [page.extract_text().splitlines() for page in reader.pages]
    return [number for start in starts for number, page in enumerate(lines) if start in page]


def test_links_lead_from_targets_units_and_lists_to_where_they_are_told() -> None:
    reader = render(documents.practice())
    links = [len(page.get("/Annots", [])) for page in reader.pages]
    assert links[0] == 2  # one for each target
    assert sum(links) >= 2 + 4 + 2  # four units, two lists
    for page in reader.pages:
        for link in page.get("/Annots", []):
            assert link.get_object()["/Dest"][0].get_object()["/Type"] == "/Page"


def test_an_annex_has_its_own_page_numbers() -> None:
    reader = render(documents.large(1000))
    annexes = _annexes(reader, Words("vi"))
    numbers = [_top_centre(page) for page in reader.pages]
    assert len(annexes) == 4
    for start, end in zip(annexes, [*annexes[1:], len(numbers)], strict=True):
        assert numbers[start:end] == ["", *map(str, range(2, end - start + 1))]
    assert annexes[1] - annexes[0] > 1


def _top_centre(page: Any) -> str:
    """What stands in the middle of the top margin."""
    found: list[str] = []

    def visit(text: str, _cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if text.strip() and tm[5] > float(page.mediabox.height) - 56 and 250 < tm[4] < 345:
            found.append(text.strip())

    page.extract_text(visitor_text=visit)
    return "".join(found)


def test_paper_language_and_title() -> None:
    reader = render(documents.practice())
    assert {tuple(map(round, page.mediabox[2:])) for page in reader.pages} == {(595, 842)}
    assert str(reader.root_object["/Lang"]) == "vi"
    assert reader.metadata is not None
    assert reader.metadata.title == Words("vi")("leadership.subject")
    assert reader.metadata.author == "TRUNG TÂM CHUYỂN ĐỔI SỐ"


def test_every_typeface_is_embedded() -> None:
    found = [font.get_object() for page in render(documents.practice()).pages for font in _resources(page).values()]
    assert found
    assert all("/FontFile2" in font["/FontDescriptor"] for font in found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_character_drawn_has_a_glyph(lang: Language) -> None:
    """Each byte that a page draws is looked up in its typeface's table of characters; 0 stands for a missing glyph."""
    faces = {pdfmetrics.getFont(name).face.name.decode(): pdfmetrics.getFont(name).face for name in _registered()}
    reader = render(documents.hostile(), lang)
    drawn: set[tuple[str, int, int]] = set()
    for page in reader.pages:
        tables = {name: _table(font.get_object()) for name, font in _resources(page).items()}
        drawn |= {(tables[font][0], byte, tables[font][1][byte]) for font, text in _texts(page) for byte in text}
    missing = {(face, code) for face, byte, code in drawn if byte == 0 or code not in faces[face].charToGlyph}
    assert missing == set()
    assert {ord(c) for c in "đậ66,7%"} <= {code for _, _, code in drawn}


def _resources(page: Any) -> dict[str, Any]:
    return dict(page["/Resources"]["/Font"])


def _table(font: Any) -> tuple[str, list[int]]:
    """The typeface, and the character that each byte stands for, as reportlab writes it: a pair for each byte."""
    table = font["/ToUnicode"].get_data().decode()
    found = re.findall(r"^<[0-9A-F]{2}> <([0-9A-F]{4})>$", table, re.M)
    assert len(found) == int(re.findall(r"(\d+) beginbfchar", table)[0])
    return str(font["/BaseFont"]).partition("+")[2], [int(code, 16) for code in found]


def _texts(page: Any) -> Iterator[tuple[str, bytes]]:
    """(font, bytes) of every text that the page draws."""
    font = ""
    for operands, operator in page.get_contents().operations:
        if operator == b"Tf":
            font = str(operands[0])
        elif operator == b"Tj":
            yield font, operands[0].original_bytes
        else:
            assert operator not in {b"TJ", b"'", b'"'}


def _registered() -> tuple[str, ...]:
    fonts.register()
    return (*fonts.FACES, *fonts.SUFFIXES)


def test_all_vietnamese_letters_have_glyphs_in_every_typeface() -> None:
    letters = fonts.vietnamese()
    assert len(letters) == 134
    assert {*"đĐơƠưƯăĂạẠợỢỹỸ"} <= {*letters}
    for name in _registered():
        assert fonts.drawable(letters, name) == letters


def test_the_form_is_set_in_what_stands_for_times_new_roman() -> None:
    """Loaded by file, not by family name: Debian's older Liberation lacks the letters."""
    assert fonts.form_typeface() == "Liberation Serif 2"
    drawn = {str(font.get_object()["/BaseFont"]) for font in _resources(render(documents.practice()).pages[0]).values()}
    assert {name.partition("+")[2] for name in drawn} >= {"LiberationSerif", "LiberationSerif-Bold"}


def test_without_that_typeface_another_is_taken_and_it_is_said(tmp_path: Path) -> None:
    """An older Liberation, without the letters, is no typeface for the form; nor is none at all."""
    script = (
        "import fontpkg, sys; from pathlib import Path; from reports.pdf import fonts;"
        "old = sys.argv[1] + '/LiberationSerif-{}.ttf';"
        "fonts.LIKE_TIMES = {'Liberation Serif 2': old};"
        "fonts.register(); print(fonts.form_typeface(), fonts.file_of(fonts.FORM).name)"
    )
    for suffix in fonts.SUFFIXES.values():
        (tmp_path / f"LiberationSerif-{suffix}.ttf").write_bytes(Path(DEJAVU_MONO).read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("None BeVietnamPro")
    assert fonts.MISSING in done.stderr


def test_text_is_composed_and_what_has_no_glyph_is_spelt_out() -> None:
    decomposed = unicodedata.normalize("NFD", "Quận Bình Thạnh")
    assert fonts.drawable(decomposed) == "Quận Bình Thạnh"
    assert fonts.drawable("x\u0301") == "x[U+0301]"
    assert fonts.drawable("\x1b\u202e中\t") == "[U+001B][U+202E][U+4E2D] "


def test_hostile_text_is_only_text() -> None:
    shown = text_of(render(documents.hostile()))
    assert "<script>alert('x')</script>" in shown
    assert "<b>đậm</b>" in shown
    assert "[U+202E]" in shown


def test_the_same_documents_give_the_same_bytes() -> None:
    script = (
        "import hashlib, sys; from reports.pdf import leadership; from reports.words import Words;"
        "from tests.reports import documents;"
        "print(hashlib.sha256(leadership.render(documents.practice(), None, Words('vi'))).hexdigest())"
    )
    here = leadership.render(documents.practice(), None, Words("vi"))
    digests = {hashlib.sha256(here).hexdigest()}
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}
        made = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        digests.add(made.stdout.decode().strip())
    assert len(digests) == 1


def test_five_thousand_assets_take_at_most_30_seconds_and_300_megabytes(tmp_path: Path) -> None:
    """In a process of its own: its time on a processor, and the most memory it had (`ru_maxrss` is inherited)."""
    script = (
        "import re, sys, time; from pathlib import Path; from reports.pdf import leadership;"
        "from reports.words import Words; from tests.reports import documents;"
        "document = documents.large(5000); course = documents.course(document); started = time.process_time();"
        "content = leadership.render(document, document, Words('vi'), course);"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1];"
        "print(time.process_time() - started, peak);"
        "print(*(one['id'] for one in document['assets'] if one['state'] == 'unreached'));"
        "print(*(f\"{one['met']}/{one['total']}\" for one in document['scores'].values()));"
        "Path(sys.argv[1]).write_bytes(content)"
    )
    file = tmp_path / "report.pdf"
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=ROOT, capture_output=True, check=True, text=True
    )
    measured, dark, shares = done.stdout.splitlines()
    seconds, kilobytes = map(float, measured.split())
    assert seconds < 30
    assert kilobytes < 300_000
    shown = text_of(PdfReader(file))
    assert dark.split()
    assert not [asset for asset in dark.split() if asset not in shown]
    plain = shown.replace(".", "")  # of thousands
    assert not [share for share in shares.split() if plain.count(share) < 2], "on the first page and beside its rule"


def test_an_empty_city_and_a_perfect_one_can_be_reported() -> None:
    assert "chưa có hệ thống nào" in text_of(render(documents.scored(documents.blank())), 0)
    perfect = documents.judge(documents.practice(), {}, {})
    assert "Mọi tài sản đều tiếp cận được" in text_of(render(perfect))


@pytest.mark.parametrize(
    ("agency", "letters"),
    [
        ("TRUNG TÂM CHUYỂN ĐỔI SỐ", "TTCĐS"),
        ("Sở Thông tin và Truyền thông", "STTTT"),
        ("  Ủy ban nhân dân  Quận 1 ", "UBNDQ1"),
    ],
)
def test_the_number_carries_the_agency_s_letters(agency: str, letters: str) -> None:
    assert symbol(agency) == letters
