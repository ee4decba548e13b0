"""Between two documents: what newly fails, what was put right, what cannot be told any more."""

from __future__ import annotations

from reports import change
from reports.document import Document
from reports.text import changes
from reports.words import Words
from tests.reports import documents


def set_status(document: Document, asset: str, check: str, status: str) -> None:
    for finding in document["findings"]:
        if (finding["asset"], finding["check"]) == (asset, check):
            finding.update({"status": status, "cause": "timeout" if status == "unknown" else None})  # type: ignore[typeddict-item]


def pair() -> tuple[Document, Document]:
    return documents.practice(), documents.practice()


def test_nothing_changed_between_a_document_and_itself() -> None:
    earlier, later = pair()
    found = change.between(earlier, later)
    assert (found.failing, found.fixed, found.lost, found.unreached, found.reached) == ((), (), (), (), ())
    assert (found.ruler, found.inventory, found.scope) == (False, False, False)
    assert all(delta.points == 0 for delta in found.scores.values())


def test_new_failures_and_fixes_are_named() -> None:
    earlier, later = pair()
    set_status(later, "q1-web-1", "ssh.root_login_off", "pass")
    set_status(later, "td-web-1", "ssh.root_login_off", "fail")
    found = change.between(earlier, documents.scored(later))
    assert found.fixed == (("q1-web-1", "ssh.root_login_off"),)
    assert found.failing == (("td-web-1", "ssh.root_login_off"),)


def test_a_failure_that_cannot_be_measured_any_more_is_not_fixed() -> None:
    earlier, later = pair()
    set_status(later, "q1-web-1", "ssh.root_login_off", "unknown")
    later["findings"] = [f for f in later["findings"] if f["check"] != "logs.retention"]
    found = change.between(earlier, documents.scored(later))
    assert found.fixed == ()
    assert ("q1-web-1", "ssh.root_login_off") in found.lost
    assert ("td-web-1", "logs.retention") in found.lost


def test_a_deferred_failure_is_new_when_it_was_unknown_before() -> None:
    earlier, later = pair()
    set_status(earlier, "q1-web-1", "ssh.root_login_off", "unknown")
    assert change.between(earlier, later).failing == (("q1-web-1", "ssh.root_login_off"),)


def test_assets_lost_and_found_again() -> None:
    earlier, later = pair()
    for document, asset in ((later, "q1-web-1"), (earlier, "q1-edge-1")):
        for one in document["assets"]:
            if one["id"] == asset:
                one.update({"state": "unreached", "cause": "timeout"})
    found = change.between(earlier, later)
    assert found.unreached == ("q1-web-1",)
    assert found.reached == ("q1-edge-1",)


def test_scores_move_by_points_of_percent() -> None:
    earlier, later = pair()
    set_status(later, "q1-web-1", "packages.security_updates", "pass")
    delta = change.between(earlier, documents.scored(later)).scores["infrastructure_upgraded"]
    assert (delta.met, delta.percent, delta.points) == ((19, 20), (79.1, 83.3), 4.2)


def test_another_ruler_inventory_or_scope_is_said() -> None:
    earlier, later = pair()
    later["run"]["catalogue"]["sha256"] = "0" * 64
    later["run"]["inventory_sha256"] = "0" * 64
    later["run"]["selection"]["checks"] = ["ssh"]
    found = change.between(earlier, later)
    assert (found.ruler, found.inventory, found.scope) == (True, True, True)
    lines = changes(found, Words("en"))
    assert any("do not compare directly" in line for line in lines)
    assert found.scores == {}
    assert any("scores are not compared" in line for line in lines)


def test_of_two_that_looked_at_other_things_only_what_both_asked_is_listed() -> None:
    earlier, later = pair()
    later["run"]["selection"]["checks"] = ["ssh"]
    later["findings"] = [finding for finding in later["findings"] if finding["check"].startswith("ssh.")]
    for document in (earlier, later):
        for asset in document["assets"]:
            if asset["id"] == "q1-edge-1":
                asset.update({"state": "unreached", "cause": "not_run"})
                break
        document["findings"] = [f for f in document["findings"] if f["asset"] != "q1-edge-1"]
    set_status(earlier, "q1-web-1", "ssh.root_login_off", "pass")
    set_status(later, "td-web-1", "ssh.root_login_off", "pass")
    found = change.between(earlier, later)
    assert found.failing == (("q1-web-1", "ssh.root_login_off"),)
    assert (found.fixed, found.lost, found.unreached, found.reached) == ((), (), (), ())


def test_what_had_failed_before_and_was_put_right_fails_again() -> None:
    earlier, later = pair()
    set_status(earlier, "q1-web-1", "ssh.root_login_off", "pass")
    set_status(earlier, "td-web-1", "logs.retention", "pass")
    set_status(earlier, "bt-web-1", "audit.running", "unknown")
    failed = [
        ("q1-web-1", "ssh.root_login_off"),
        ("bt-web-1", "audit.running"),
        ("dc-tthc-1", "ssh.password_login_off"),
    ]
    found = change.between(earlier, later, failed)
    assert found.reopened == (("q1-web-1", "ssh.root_login_off"),)
    assert {*found.failing} == {*failed[:2], ("td-web-1", "logs.retention")}


def test_a_month_of_two_rulers_says_so_on_both_of_its_sides() -> None:
    earlier, later = pair()
    source = {"id": "r", "ended": "2026-11-20T00:00:00Z", "manifest_sha256": "0" * 64}
    rulers = [later["run"]["catalogue"]["sha256"], "1" * 64]
    later["period"] = {
        "month": "2026-11",
        "from": "2026-11-01",
        "to": "2026-11-30",
        "runs": [
            {**source, "inventory_sha256": later["run"]["inventory_sha256"], "catalogue_sha256": ruler}  # type: ignore[typeddict-item]
            for ruler in rulers
        ],
        "left_out": [],
    }
    assert (change.between(earlier, later).ruler, change.between(later, earlier).ruler) == (True, True)
    assert not change.between(earlier, later).inventory


def test_changes_are_told_in_lines_with_every_name() -> None:
    earlier, later = pair()
    set_status(later, "q1-web-1", "ssh.root_login_off", "pass")
    lines = changes(change.between(earlier, later), Words("vi"))
    assert "  q1-web-1  ssh.root_login_off" in lines
    assert "Đã khắc phục (1):" in lines
