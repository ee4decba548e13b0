"""SARIF 2.1.0 as its schema and Microsoft's multitool read it: open is not pass, a suppression is not a pass either."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import Document
from reports.export import plain
from reports.formats import Report, sarif
from reports.words import LANGUAGES, Language, Words
from tests.readers import MODULES
from tests.reports import documents
from tests.reports.formats import saying

MULTITOOL = MODULES / "@microsoft/sarif-multitool-linux"
SCHEMA = jsonschema_rs.validator_for(json.loads((MULTITOOL / "sarif-2.1.0.json").read_text(encoding="utf-8-sig")))
EXPECTED = {"pass": "pass", "fail": "fail", "not_applicable": "notApplicable", "unknown": "open"}


def read(document: Document, lang: Language = "en") -> dict[str, Any]:
    """The one run of the log, which the schema accepts."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = sarif.render(Report(document, None, Words(lang)), Path(folder))
        log = json.loads(path.read_text(encoding="utf-8"))
    SCHEMA.validate(log)
    assert len(log["runs"]) == 1
    run: dict[str, Any] = log["runs"][0]
    return run


def by_key(run: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["locations"][0]["logicalLocations"][0]["name"], _check(one)): one for one in run["results"]}


def _check(result: dict[str, Any]) -> str:
    subjects = result["locations"][0]["logicalLocations"][1:]
    return "@".join([result["ruleId"], *(one["name"] for one in subjects)])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_is_a_result_of_its_kind(lang: Language) -> None:
    document = documents.practice()
    document["findings"][0].update({"status": "not_applicable", "cause": None})
    run = read(document, lang)
    found = by_key(run)
    assert {key: one["kind"] for key, one in found.items()} == {
        (f["asset"], f["check"]): EXPECTED[f["status"]] for f in document["findings"]
    }
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in found.values():
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (result["level"] == "none") == (result["kind"] != "fail")


def test_failures_carry_the_level_of_their_severity() -> None:
    found = by_key(read(documents.practice()))
    assert found["q1-web-1", "ssh.root_login_off"]["level"] == "error"
    assert found["td-web-1", "time.synchronised"]["level"] == "warning"


def test_only_a_valid_waiver_of_a_failure_suppresses_and_the_failure_stays() -> None:
    document = documents.practice()
    for finding in document["findings"]:
        if finding["status"] in {"fail", "unknown"} and finding["waiver"] is None:
            finding["waiver"] = documents.mark(valid=finding["status"] == "unknown")
    found = by_key(read(document))
    suppressed = {key for key, one in found.items() if one["suppressions"]}
    assert suppressed == {("w26743-web-1", "files.secret_files_protected")}
    assert found["w26743-web-1", "files.secret_files_protected"]["kind"] == "fail"
    assert found["dc-mail-1", "audit.running"]["properties"]["waiver"]["id"] == "cn-2026-01"


def test_what_was_not_measured_cannot_be_overlooked() -> None:
    document = documents.practice()
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    run = read(document)
    assert by_key(run)["dc-db-1", "asset.measured"]["kind"] == "open"
    told = {
        one["locations"][0]["logicalLocations"][0]["name"]: one
        for one in run["invocations"][0]["toolExecutionNotifications"]
    }
    unreached = {a["id"] for a in document["assets"] if a["state"] == "unreached"}
    assert unreached
    assert {name for name, one in told.items() if one["level"] == "error"} == unreached
    document["run"]["complete"] = False
    assert read(document)["invocations"][0]["executionSuccessful"] is False


def test_evidence_place_and_requirements_are_carried() -> None:
    document = documents.practice()
    run = read(document)
    for finding in document["findings"]:
        result = by_key(run)[finding["asset"], finding["check"]]
        assert result["properties"]["evidence"] == finding["evidence"]
        assert result["properties"]["requirements"] == finding["requirements"]
    where = by_key(run)["w26743-web-1", "audit.running"]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    assert where == "79/760/26743/w26743-web-1"
    taxa = {one["id"]: one for one in run["taxonomies"][0]["taxa"]}
    for rule in run["tool"]["driver"]["rules"]:
        assert {one["target"]["id"] for one in rule["relationships"]} <= taxa.keys()
    assert taxa["r-02"]["properties"]["verified"] is False


def test_a_result_keeps_its_fingerprint_and_nothing_else_has_it() -> None:
    document, later = documents.practice(), documents.practice()
    later["run"]["id"] = "20261122T021500Z"
    prints = [[one["partialFingerprints"]["assetCheck/v1"] for one in read(d)["results"]] for d in (document, later)]
    guids = [[one["guid"] for one in read(d)["results"]] for d in (document, later)]
    assert prints[0] == prints[1]
    assert len({*prints[0]}) == len(document["findings"])
    assert not {*guids[0]} & {*guids[1]}


@pytest.fixture(scope="module")
def multitool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as npm unpacks it, made runnable."""
    copy = tmp_path_factory.mktemp("multitool") / "Sarif.Multitool"
    shutil.copyfile(MULTITOOL / "Sarif.Multitool", copy)
    copy.chmod(0o755)
    return copy


def test_the_multitool_finds_nothing_wrong(multitool: Path, tmp_path: Path) -> None:
    for name, document in (("hostile", documents.hostile()), ("said", saying.document(" ".join(saying.NASTY)))):
        (tmp_path / name).mkdir()
        sarif.render(Report(document, None, Words("vi")), tmp_path / name)
    told = tmp_path / "told.sarif"
    files = [str(tmp_path / name / "findings-vi.sarif") for name in ("hostile", "said")]
    done = subprocess.run(
        [multitool, "validate", *files, "--output", told], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [
        (one["ruleId"], one.get("level", "warning")) for one in json.loads(told.read_bytes())["runs"][0]["results"]
    ]
    # Our program has no page of its own on the network to name.
    assert {*found} == {("SARIF2005", "warning")}


@saying.WRITTEN
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY)))
def test_hostile_text_is_read_back_as_text(text: str) -> None:
    run = read(saying.document(text))
    result = by_key(run)["one", "audit.running"]
    assert result["properties"]["actual"] == plain(text)
    for one in run["results"]:
        assert not sarif.LINK.search(one["message"]["text"].replace("\\[", ""))


@pytest.mark.parametrize("text", ["[a](http://x)", "{0}", "{{7*7}}", "a [b] (c)", "[[x](y)"])
def test_a_message_is_no_link_and_no_place_to_fill(text: str) -> None:
    written = sarif.message(text)["text"]
    assert not sarif.LINK.search(written.replace("\\[", ""))
    assert as_read(written) == text


def as_read(text: str) -> str:
    """The text of a message as 3.11.5 and 3.11.6 have it read."""
    return text.replace("{{", "{").replace("}}", "}").replace("\\[", "[")
