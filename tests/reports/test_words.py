"""Every word is there in both languages, fits its places, and is used."""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from checks import law as in_force
from checks.catalogue import Confidence, load, standards
from checks.model import Cause, Status
from inventory.annual import Annual, Office, Unit
from inventory.load import load as inventory
from inventory.model import AssetKind, DossierState, SiteKind
from reports import change, coverage, law, make, planning, remembered, shortest, table, text, todo, unlisted
from reports.document import Document
from reports.fixlist import SEVERITIES
from reports.formats import Report
from reports.handbook import Handbook
from reports.history.views import Failing, Line, Ran, Spell
from reports.index import Index
from reports.pdf import fonts, leadership, stamp
from reports.plans import How
from reports.remembered import Remembered
from reports.site import replies
from reports.site.pages import pages
from reports.trend import Point, Trend
from reports.words import LANGUAGES, Language, MissingWord, Words, capital, catalogue
from runner.outcome import State
from tests.cities import small_city
from tests.reports import documents, evidenced, sighted
from tests.reports.test_annual import CHECKED

FAMILIES = {
    "status": Status,
    "cause": Cause,
    "cause_do": Cause,
    "site_kind": SiteKind,
    "asset_kind": AssetKind,
    "severity": SEVERITIES,
    "state": State,
    "plan_state": ("fully", "partly", "not"),
    "plan_met": ("met", "not_met", "unknown"),
    "requirement_kind": ("technical", "management"),
    "law_kind": ("law", "decree", "circular", "standard"),
    "confidence": get_args(Confidence),
    "dossier": (*DossierState, "none"),
    "dossier_state": (*DossierState, "none"),
    "plan_how": get_args(How),
    "map": (*SiteKind, "title", "note", "unit", "own"),
    "map_class": ("all", "most", "half", "some", "none", "unmeasured"),
    "measured_by": ("audit", "declared"),
    "target_group": ("theme", "government", "economy", "security"),
    "target_state": ("met", "not_met", "open"),
    "mode": ("lab", "simulated"),
    "mode_name": ("live", "lab", "simulated"),
}
SPOKEN: set[str] = set()
WHOLE = CHECKED.model_copy(update={"checked": ("before_use", "periodically")})
WRITTEN_APART = (
    "leadership.place",
    "leadership.month",
)  # dates: where a Vietnamese letter has figures or words, an English one has not


class Recording(Words):
    """Words that remember which were spoken."""

    def __call__(self, key: str, **values: object) -> str:
        SPOKEN.add(key)
        return super().__call__(key, **values)


def places(text_: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text_) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert catalogue("vi").keys() == catalogue("en").keys()


@pytest.mark.parametrize("key", sorted(catalogue("vi")))
def test_both_languages_fill_the_same_places(key: str) -> None:
    forms = [*catalogue("vi")[key], *catalogue("en")[key]]
    assert all(form.strip() for form in forms)
    assert len({frozenset(places(form)) for form in forms}) == 1 or key in WRITTEN_APART
    assert len(catalogue("vi")[key]) == 1


@pytest.mark.parametrize(("family", "members"), FAMILIES.items())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_member_of_a_closed_list_has_a_word(lang: Language, family: str, members: Iterator[str]) -> None:
    assert {f"{family}.{member}" for member in members} == {k for k in catalogue(lang) if k.startswith(f"{family}.")}


def test_a_missing_word_is_an_error() -> None:
    with pytest.raises(MissingWord, match=r"no\.such"):
        Words("vi")("no.such.word")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_is_used_somewhere(lang: Language, tmp_path: Path) -> None:
    """All reports of several cities are written; what is never spoken is not a word for readers."""
    SPOKEN.clear()
    words = Recording(lang)
    for document in _cities():
        document["city"]["agency"]["addressee"] = "Ủy ban nhân dân Thành phố"
        earlier = documents.practice()
        earlier["run"]["catalogue"]["sha256"] = earlier["run"]["inventory_sha256"] = "0" * 64
        earlier["run"]["selection"]["checks"] = ["ssh"]
        earlier["assets"][0].update({"state": "unreached", "cause": "dns"})
        earlier["findings"][0]["status"] = "fail"
        earlier["run"]["judged_again"] = {
            "id": "20261021T021500Z",
            "manifest_sha256": "0" * 64,
            "on": "2026-11-22T00:00:00Z",
        }
        text.summary(earlier, words)
        make.make(document, earlier, tmp_path, make.known(), words, trend=documents.course(document))
        make.make(document, None, tmp_path, ["pdf"], words)
        text.summary(document, words)
        text.changes(change.between(earlier, document), words)
        text.changes(change.between(document, earlier), words)
    _tell_time(documents.practice(), words)
    _tell_unlisted(words, tmp_path)
    _tell_evidence(words, tmp_path / f"{lang}-runs")
    _tell_year(words, tmp_path)
    table.lines(_one_machine("host_key_unknown"), words, 100, "ssh host")
    _tell_plans(words, tmp_path)
    _tell_history(words)
    _tell_changes(words, tmp_path)
    Handbook({"tcvn-11930-2017": load("tcvn-11930-2017")}, (words,)).text()
    unused = {key for key in catalogue("vi") if key not in SPOKEN and key.partition(".")[0] not in FAMILIES}
    assert not unused


def _tell_unlisted(words: Words, nowhere: Path) -> None:
    document = sighted.practice()
    text.summary(document, words)
    unlisted.lines(document, words, nowhere)


def _tell_year(words: Words, folder: Path) -> None:
    """The annual report where an office declares little, and where everything is declared."""
    little = Annual({"79": Office(id="79", specialised=Unit(name="Trung tâm"))}, {})
    make.make(documents.practice(), None, folder, ["form08"], words, declared=little)
    whole = documents.practice()
    whole["systems"] = [one for one in whole["systems"] if one["id"] == "tthc"]
    body = {"mandate": "QĐ 1", "representative": "A", "post": "B", "address": "C", "phone": "D", "email": "e@f"}
    office = Office(id="79", **body, specialised=Unit(name="G", **body))
    make.make(whole, None, folder, ["form08"], words, declared=Annual({"79": office}, {"tthc": WHOLE}))


def _tell_time(document: Document, words: Words) -> None:
    """A month's report with its course and its plan's targets."""
    document = {**copy.deepcopy(document), "targets": documents.targets()}
    course = documents.course(document, ("2026-03", True, False), ("2026-06", False, True))
    month = documents.month(document)
    leadership.render(month, None, words, course)
    for one in month["assets"]:
        one["judged_on"] = "2026-11-21"
    leadership.render(month, None, words, course)
    stamp.lines("Nguyễn Thị Ánh Tuyết", "TRUNG TÂM CHUYỂN ĐỔI SỐ", datetime(2026, 11, 21, tzinfo=UTC), words)
    leadership.render(documents.large(400), None, words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "form_typeface", lambda: None)
        leadership.render(document, None, words)


def _tell_evidence(words: Words, folder: Path) -> None:
    """Replies, long ones too, and the course of the scores over two months between which all was changed."""
    document = documents.practice()
    document["systems"].append(documents.system("trong", "Hệ thống trống", "79", 2, "approved"))
    document["findings"] = [one for one in document["findings"] if one["asset"] != "td-web-1"]
    for finding in document["findings"]:
        if finding["status"] == "fail":
            finding["waiver"] = documents.mark(valid=True)
    documents.scored(document)
    run = evidenced.run(document, folder, "x" * (replies.LONGEST + 1))
    point = Point("2026-10", date(2026, 10, 31), document["scores"], ruler_changed=True, inventory_changed=True)
    trend = Trend((point, point), {}, {})
    list(pages(Report(document, documents.practice(), words, trend, (run,))))
    month = documents.month(document)
    month["assets"][0]["tried"] = {"run": "20261122T021500Z", "on": "2026-11-22", "cause": "timeout"}
    list(pages(Report(month, None, words)))


def _tell_plans(words: Words, folder: Path) -> None:
    """Plans, the path to the target, what is to be vouched for, and what answers which requirement."""
    document = documents.practice()
    untouched = Index(documents.practice())
    full = next(one for one in document["scores"]["plans_implemented"]["items"] if one["state"] == "fully")
    list(planning.lines(untouched, planning.view(untouched, full["id"]), words))
    document["attestations"][0]["expires_on"] = "2026-02-01"
    document["attestations"].pop()
    document["assets"] = [one for one in document["assets"] if one["id"] != "dc-log-1"]
    for requirement in document["requirements"][:1]:
        requirement.update({"attested": requirement["title"], "every_months": {"3": 1}})
    for finding in document["findings"]:
        if finding["status"] == "fail":
            finding["waiver"] = documents.mark(valid=finding["asset"] != "dc-tthc-1")
    index = Index(document)
    for system in index.systems:
        if index.systems[system]["level"]:
            list(planning.lines(index, planning.view(index, system), words))
    several = documents.large(120)
    several["systems"] += [
        {**one, "id": f"{one['id']}-{n}"} for one in several["systems"] for n in range(3) if one["dossier"]
    ]
    for city in (document, *_cities(), documents.blank(), several):
        found = Index(city)
        list(shortest.lines(found, shortest.path(found), words))
    listed, loaded = inventory(small_city(folder / words.lang)), [load(one).standard for one in standards()]
    for standard in loaded:
        todo.template(listed, standard, "tthc", date(2024, 1, 1), words)
    for day in (date(2024, 10, 1), date(2026, 11, 21)):
        list(law.lines(in_force.on(day), words))
        for standard in loaded:
            law.ruler(in_force.on(day), standard.id, words)
    unanswered = loaded[0].requirements[-1].model_copy(update={"checks": (), "attested": None})
    coverage.lines([*loaded, loaded[0].model_copy(update={"requirements": (unanswered,)})], words)


def _tell_changes(words: Words, folder: Path) -> None:
    """Between two that looked at the same: something came back, something was lost."""
    failed = {("dc-mail-1", "logs.retention"): ""}
    before, after = documents.judge(documents.practice(), failed, {}), documents.practice()
    make.make(after, before, folder, ["pdf", "xlsx"], words)
    again = [(finding["asset"], finding["check"]) for finding in after["findings"][::2]]
    text.changes(change.between(before, after, again), words)


def _tell_history(words: Words) -> None:
    """Months and runs of a line that is longer than is shown, one asset, what fails; and a line of a single check."""
    scores = documents.practice()["scores"]
    ran = Ran("20261021T021500Z", "2026-10-21", "x", None, {}, {"ssh.x": {"fail": 1}}, 1, 0, 1, 0, 0, True, True)
    selection = {"systems": [], "assets": [], "checks": ["ssh"], "level": None}
    lines = [
        Line("live", "79", selection, judged_again=False, runs=(ran,) * 20),
        Line("lab", "79", {}, judged_again=True, runs=(ran,)),
    ]
    spells = [Spell("x", "unreached", "dns", "79", "2026-10-21", ran.id, None, None)]
    failing = [Failing("x", "q1-web-1", "ssh.x", "fail", "2026-10-21", ran.id, 1)]
    point = Point("2026-10", date(2026, 10, 21), scores, ruler_changed=True, inventory_changed=True)
    remembered.told(Remembered([point], lines, spells, failing), words)
    remembered.told(Remembered([], lines, [], []), words, check="ssh.x")


def _one_machine(cause: str) -> Document:
    document = documents.blank("live")
    document["assets"] = [documents.asset("one", "79", "server", ["s"], 2)]
    return documents.judge(document, {}, {"one": cause})


def _cities() -> Iterator[Document]:
    planned = sighted.practice()
    planned["targets"] = documents.targets()
    yield planned
    yield sighted.practice({})
    yield documents.judge(documents.practice(), {}, {})
    silent = documents.practice()
    silent["findings"] = [one for one in silent["findings"] if one["asset"] != "dc-db-1"]
    next(one for one in silent["assets"] if one["id"] == "dc-db-1").update({"state": "unreached", "cause": "dns"})
    silent["attestations"][0]["expires_on"] = "2026-02-01"
    yield documents.scored(silent)
    empty = documents.practice()
    empty["systems"], empty["waivers"], empty["attestations"] = [], [], []
    empty["sites"].append(documents.site("27000", "Phường trống", "ward", "760"))
    yield documents.judge(empty, {}, {})
    perfect = documents.blank("live")
    perfect["assets"] = [documents.asset("one", "79", "server", ["s"], 2)]
    away = [r["id"] for r in perfect["requirements"] if not r["checks"] or r["checks"][0].startswith("device.")]
    perfect["systems"] = [documents.system("s", "Hệ thống", "79", 2, "approved", *away)]
    yield documents.judge(perfect, {}, {})
    nearly = documents.blank("live")
    nearly["systems"] = [documents.system(f"s{n}", "Hệ thống", "79", 2, "approved", *away) for n in range(10)]
    nearly["assets"] = [documents.asset(f"a{n}", "79", "server", [f"s{n}"], 2) for n in range(10)]
    documents.judge(nearly, {("a0", "audit.running"): ""}, {})
    for finding in nearly["findings"]:
        if finding["status"] == "fail":
            finding["waiver"] = documents.mark(valid=False)
    yield documents.scored(nearly)


def test_numbers_percents_and_days_as_each_language_writes_them() -> None:
    vi, en = Words("vi"), Words("en")
    assert (vi.number(12345), en.number(12345)) == ("12.345", "12,345")
    assert (vi.percent(87.6), en.percent(87.6)) == ("87,6\N{NO-BREAK SPACE}%", "87.6%")
    assert (vi.percent(100.0), vi.percent(0.0), vi.percent(99.9)) == tuple(
        f"{n}\N{NO-BREAK SPACE}%" for n in ("100", "0", "99,9")
    )
    assert (vi.points(4.2), vi.points(-0.1), en.points(0.0)) == ("+4,2", "−0,1", "±0")
    assert vi.long_day(date(2026, 11, 21)) == "21 tháng 11, 2026"
    assert en.long_day(date(2026, 11, 21)) == "21 November 2026"
    assert vi.moment("2026-11-21T17:05:00.123Z") == "00:05, 22/11/2026"
    assert (vi.listed(["a", "b", "c"]), en.listed(["a", "b"])) == ("a, b và c", "a and b")


def test_plurals_are_chosen_by_number() -> None:
    assert Words("en")("fixlist.to_do", n=1) == "To put right: 1 failure"
    assert Words("en")("fixlist.to_do", n=1200) == "To put right: 1,200 failures"
    assert Words("vi")("fixlist.to_do", n=1) == "Cần khắc phục: 1 lỗi"


def test_names_are_in_english_where_there_are_any() -> None:
    site = documents.site("760", "Quận 1", "district", "79", "District 1")
    assert (Words("vi").name(site), Words("en").name(site)) == ("Quận 1", "District 1")
    assert Words("en").name(documents.site("1", "Phường 1", "ward", "760")) == "Phường 1"


def test_braces_in_what_is_filled_in_stay_as_they_are() -> None:
    assert "{0.__class__}" in Words("en")("text.heading", run="{0.__class__}", scope="{scope}")


def test_capital_leaves_the_rest_alone() -> None:
    assert capital("đạt SSH") == "Đạt SSH"
    assert capital("") == ""
