"""The text file as Prometheus' own parser reads it: the document's numbers and no others."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from reports.document import Document, Score
from reports.export import plain
from reports.formats import Report, prometheus
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents
from tests.reports.formats import saying

Samples = Mapping[str, Mapping[frozenset[tuple[str, str]], float]]


def read(document: Document, lang: Language = "en") -> Samples:
    """metric → labels → value; no sample stands twice, none has a time, each metric has its help."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = prometheus.render(Report(document, None, Words(lang)), Path(folder))
        text = path.read_text(encoding="utf-8")
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        rows = {frozenset(sample.labels.items()): sample.value for sample in family.samples}
        assert len(rows) == len(family.samples)
        assert not [sample for sample in family.samples if sample.timestamp is not None]
        assert family.name not in found
        found[family.name] = rows
    return found


def labels(**named: str) -> frozenset[tuple[str, str]]:
    return frozenset(named.items())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_score_has_floor_coverage_and_target(lang: Language) -> None:
    document = documents.practice()
    found = read(document, lang)
    for name, score in cast(dict[str, Score], document["scores"]).items():
        for metric, field in (("floor", "percent"), ("coverage", "coverage"), ("target", "target")):
            assert found[f"rasoat_score_{metric}_ratio"][labels(score=name)] == pytest.approx(
                cast(dict[str, float], score)[field] / 100
            )
        assert found["rasoat_score_total"][labels(score=name)] == score["total"]
        for site, tally in score["by_site"].items():
            ratio = found["rasoat_site_score_floor_ratio"][labels(score=name, site=site)]
            assert ratio == pytest.approx(tally["percent"] / 100)


def test_findings_and_assets_are_counted_once_each_with_their_cause() -> None:
    document = documents.practice()
    found = read(document)
    assert sum(found["rasoat_findings"].values()) == len(document["findings"])
    assert sum(found["rasoat_assets"].values()) == len(document["assets"])
    unknown = {key: n for key, n in found["rasoat_findings"].items() if ("status", "unknown") in key}
    assert sum(unknown.values()) == sum(f["status"] == "unknown" for f in document["findings"])
    assert all(dict(key)["cause"] for key in unknown)
    waived = {key: n for key, n in found["rasoat_failures"].items() if ("waived", "true") in key}
    assert waived == {labels(site="26743", severity="high", waived="true"): 1}
    assert sum(found["rasoat_failures"].values()) == sum(f["status"] == "fail" for f in document["findings"])


def test_a_site_without_failures_says_so() -> None:
    found = read(documents.judge(documents.practice(), {}, {}))
    assert found["rasoat_findings"][labels(site="26743", status="fail", cause="")] == 0


def test_the_age_of_the_numbers_can_be_told() -> None:
    document = documents.practice()
    found = read(document)
    for name in ("started", "ended"):
        said = found[f"rasoat_run_{name}_timestamp_seconds"][labels()]
        assert said == datetime.fromisoformat(document["run"][name]).timestamp()
    end = found["rasoat_waiver_end_timestamp_seconds"][labels(id="cn-2026-01")]
    assert end == datetime.fromisoformat("2026-12-15T23:59:59+07:00").timestamp()


def test_an_interrupted_run_is_not_complete() -> None:
    document = documents.practice()
    assert read(document)["rasoat_run_complete"][labels()] == 1
    document["run"]["complete"] = False
    assert read(document)["rasoat_run_complete"][labels()] == 0


@saying.WRITTEN
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY)))
def test_hostile_text_is_read_back_as_text(text: str) -> None:
    found = read(saying.document(text))
    names = {dict(key)["site"]: dict(key)["name"] for key in found["rasoat_site_info"]}
    assert names["26740"] == plain(text)
