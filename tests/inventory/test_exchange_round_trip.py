"""What an inventory holds comes back whole from every form it is written in; Ansible itself takes its inventory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.exchange import exporting, importing
from inventory.exchange.columns import sheets
from inventory.load import load
from inventory.model import Asset, Dossier, Inventory, Link, LinkEnd, Service, Settings, Site, System
from tests.cities import small_city

LOGINS = "logins:\n  - {id: audit, user: kiểm toán}\n"
ids = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)
texts = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n"), min_size=1, max_size=30)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(lambda text: text and not text.isspace())
)
tricky = st.sampled_from(
    ["=1+1", "'=x", "''@a", "-5", "+84 28", "007", "1.0", "TRUE", "2024-06-30", "a;b,c\td", '"', "#"]
)
names = texts | tricky
ports = st.integers(1, 65535)
addresses = st.sampled_from(["192.0.2.7", "2001:db8::1", "may.hcm.vn", "10.10"])
interfaces = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9./:@_-]{0,9}", fullmatch=True)
values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts, lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3), max_leaves=5)  # fmt: skip


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    item = st.fixed_dictionaries(
        {"requirement": names, "how": st.sampled_from(["attested", "not_applicable"]), "reason": names}
    )
    return Dossier.model_validate(
        {
            "state": draw(st.sampled_from(["draft", "submitted", "appraised", "approved"])),
            "level": draw(st.integers(1, 5)),
            "standard": draw(ids),
            "decision": draw(names),
            "approved_on": draw(st.dates()),
            "plan": draw(st.lists(item, max_size=2)),
        }
    )


@st.composite
def cities(draw: st.DrawFn) -> Mapping[str, Mapping[str, Any]]:
    """Records of all kinds whose references lead somewhere."""
    pick = lambda known: draw(st.sampled_from(sorted(known)))  # noqa: E731
    fresh = lambda least=0: draw(st.sets(ids, min_size=least, max_size=3))  # noqa: E731
    name = lambda: {"name": draw(names), "name_en": draw(st.none() | names)}  # noqa: E731
    sites = {"79": Site(id="79", kind="city", **name())}
    for id_ in fresh() - {"79"}:
        sites[id_] = Site(id=id_, kind="district", parent="79", sample=draw(st.booleans()), **name())
    systems = {
        id_: System(
            id=id_,
            owner=pick(sites),
            level=draw(st.none() | st.integers(1, 5)),
            dossier=draw(st.none() | dossiers()),
            **name(),
        )
        for id_ in fresh(1)
    }
    assets = {
        id_: Asset(
            id=id_,
            site=pick(sites),
            systems=tuple(draw(st.lists(st.sampled_from(sorted(systems)), min_size=1, max_size=2, unique=True))),
            kind="device",
            platform=draw(ids),
            address=draw(addresses),
            port=draw(ports),
            via=tuple(draw(st.lists(st.just("hop"), max_size=1))),
            legacy_ssh=draw(st.booleans()),
            login=draw(st.sampled_from([None, "audit"])),
            ports=tuple(draw(st.lists(ports, max_size=3))),
            parameters=draw(st.dictionaries(texts, values, max_size=2)),
        )
        for id_ in fresh(1) | {"hop"}
    }
    assets["hop"] = assets["hop"].model_copy(update={"via": ()})
    end = lambda: LinkEnd(asset=pick(assets), interface=draw(interfaces), address=draw(addresses))  # noqa: E731
    links = {
        id_: Link(
            id=id_,
            child=end(),
            parent=end(),
            max_loss_percent=draw(st.floats(0, 100)),
            max_delay_ms=draw(st.floats(1e-9, 1e9)),
        )
        for id_ in fresh()
    }
    services = {
        id_: Service(id=id_, system=pick(systems), address=draw(addresses), port=draw(ports), **name())
        for id_ in fresh()
    }
    return {"sites": sites, "systems": systems, "assets": assets, "links": links, "services": services}


def blank(folder: Path) -> Path:
    (folder / "inventory").mkdir(parents=True)
    (folder / "city.yaml").write_text("format: 1\nname: Mẫu\n", encoding="utf-8")
    (folder / "inventory/logins.yaml").write_text(LOGINS, encoding="utf-8")
    return folder


def held(inventory: Inventory) -> dict[str, Any]:
    return {kind: dict(sorted(getattr(inventory, kind).items())) for kind in sheets()}


@pytest.mark.parametrize(("format_", "lang"), [("csv", "vi"), ("xlsx", "vi"), ("xlsx", "en"), ("yaml", "vi")])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(city=cities())
def test_what_is_written_comes_back(format_: str, lang: str, city: Mapping[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = blank(Path(folder) / "w")
        inventory = Inventory(
            workspace, Settings(format=1, name="Mẫu"), **city, logins={}, attestations=(), waivers=(), sha256=""
        )
        out = Path(folder) / ("out" if format_ == "csv" else f"out.{format_}")
        exporting.export(inventory, format_, out, lang)
        if format_ == "yaml":
            (workspace / "inventory/out.yaml").write_bytes(out.read_bytes())
        else:
            importing.from_files(workspace, [out], load, dry=False)
        assert held(load(workspace)) == {kind: dict(sorted(records.items())) for kind, records in city.items()}
