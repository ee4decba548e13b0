"""What an inventory holds comes back whole from every form it is written in; Ansible itself takes its inventory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.exchange import exporting, importing
from inventory.exchange.columns import sheets
from inventory.fields import Record
from inventory.load import load
from inventory.model import Asset, Inventory, Link, Service, Settings, Site, System
from inventory.zones import IF_ANY, Zone, ZoneKind
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
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(texts, deeper, max_size=3),
    max_leaves=5,
)
named = {"name": names, "name_en": st.none() | names, "sample": st.booleans()}
dossiers = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["draft", "submitted", "appraised", "approved"]),
        "level": st.integers(1, 5),
        "standard": ids,
        "decision": names,
        "approved_on": st.dates(),
        "plan": st.lists(
            st.fixed_dictionaries(
                {"requirement": names, "how": st.sampled_from(["attested", "not_applicable"]), "reason": names}
            ),
            max_size=2,
        ),
    }
)
Form = Mapping[str, st.SearchStrategy[Any]]


@st.composite
def cities(draw: st.DrawFn) -> Mapping[str, Mapping[str, Record]]:
    """Records of all kinds whose references lead somewhere."""
    city: dict[str, dict[str, Record]] = {}

    def add(kind: str, record: type[Record], form: Form, *more: str) -> st.SearchStrategy[str]:
        found = {*draw(st.sets(ids, max_size=3)), *more} - {"79"}
        fields = st.fixed_dictionaries(dict(form))
        city.setdefault(kind, {}).update({id_: record.model_validate({"id": id_, **draw(fields)}) for id_ in found})
        return st.sampled_from(sorted(city[kind] or [""]))

    city["sites"] = {"79": Site.model_validate({"id": "79", "kind": "city", "name": draw(names)})}
    site = add("sites", Site, {**named, "kind": st.just("district"), "parent": st.just("79")})
    level = st.none() | st.integers(1, 5)
    system = add("systems", System, {**named, "owner": site, "level": level, "dossier": st.none() | dossiers}, "tthc")
    asset = add(
        "assets",
        Asset,
        {
            "site": site,
            "systems": st.lists(system, min_size=1, max_size=2, unique=True),
            "kind": st.just("device"),
            "platform": ids,
            "address": addresses,
            "port": ports,
            "legacy_ssh": st.booleans(),
            "login": st.sampled_from([None, "audit"]),
            "ports": st.lists(ports, max_size=3),
            "parameters": st.dictionaries(texts, values, max_size=2),
            "sample": st.booleans(),
        },
        "hop",
    )
    behind = [id_ for id_ in city["assets"] if id_ > "m"]
    city["assets"] |= {id_: city["assets"][id_].model_copy(update={"via": ("hop",)}) for id_ in behind}
    end = st.fixed_dictionaries({"asset": asset, "interface": interfaces, "address": addresses})
    promise = {"max_loss_percent": st.floats(0, 100), "max_delay_ms": st.floats(1e-9, 1e9)}
    add("links", Link, {"child": end, "parent": end, **promise})
    offer = {"name": names, "name_en": st.none() | names, "system": system, "address": addresses, "port": ports}
    add("services", Service, offer)
    city["zones"] = {zone.id: zone for zone in draw(zones(site))}
    return city


@st.composite
def zones(draw: st.DrawFn, site: st.SearchStrategy[str]) -> list[Zone]:
    """Zones of which no two overlap; the last one is not there."""
    kinds, reach = st.sampled_from(ZoneKind), st.lists(site, max_size=2, unique=True)
    found = [
        Zone.model_validate(
            {
                "id": id_,
                **draw(st.fixed_dictionaries({**named, "kind": kinds, "sites": reach})),
                "networks": [f"10.{number}.0.0/16", f"2001:db8:{number}::/48"][: draw(st.integers(1, 2))],
            }
        )
        for number, id_ in enumerate(sorted(draw(st.sets(ids, max_size=3))))
    ]
    reason = draw(names)
    return [*found, Zone(id="zz-none", name=draw(names), kind=draw(st.sampled_from(sorted(IF_ANY))), absent=reason)]


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
        filled: dict[str, Any] = {**city, "logins": {}, "attestations": (), "waivers": (), "sha256": ""}
        inventory = Inventory(workspace=workspace, settings=Settings(format=1, name="Mẫu"), **filled)
        out = Path(folder) / ("out" if format_ == "csv" else f"out.{format_}")
        exporting.export(inventory, format_, out, lang)
        if format_ == "yaml":
            (workspace / "inventory/out.yaml").write_bytes(out.read_bytes())
        else:
            importing.from_files(workspace, [out], load, dry=False)
        assert held(load(workspace)) == {kind: dict(sorted(records.items())) for kind, records in city.items()}


def ansible(folder: Path) -> dict[str, Any]:
    """What Ansible itself makes of hosts.yml; a warning or an error of Ansible's fails."""
    program = Path(sys.executable).with_name("ansible-inventory")
    settings_ = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "ANSIBLE_HOME": str(folder)}
    argv = [str(program), "-i", str(folder / "hosts.yml"), "--list"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=folder, env=settings_, timeout=60)
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


ODD = """\
logins: [{id: odd, user: '{{ 7*7 }}', password: 'env:SECRET'}]
systems: [{id: lan_26734, name: x, owner: '79'}]
assets:
  - {id: lan_26734, site: '26734', systems: [lan_26734], kind: server, platform: debian, address: a, login: odd}
  - {id: '0', site: '26734', systems: [tthc], kind: endpoint, platform: debian, address: b}
"""


def test_ansible_takes_its_inventory_and_finds_every_group(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / "inventory/odd.yaml").write_text(ODD, encoding="utf-8")
    exporting.export(load(workspace), "ansible", tmp_path / "hosts.yml", "vi")
    found = ansible(tmp_path)
    hosts = found["_meta"]["hostvars"]
    assert hosts.keys() == {"s-tthc", "s-ward", "r-dc", "r-ward", "lan_26734"}
    assert hosts["s-tthc"]["ansible_host"] == {"__ansible_unsafe": "192.0.2.20"}
    assert (hosts["s-tthc"]["ansible_port"], hosts["s-tthc"]["rasoat_level"]) == (2222, 3)
    assert hosts["s-tthc"]["ansible_ssh_private_key_file"] == {"__ansible_unsafe": str(workspace / "keys/audit")}
    assert hosts["lan_26734"]["ansible_user"] == {"__ansible_unsafe": "{{ 7*7 }}"}
    assert set(found["kind_server"]["hosts"]) == {"s-tthc", "s-ward", "lan_26734"}
    assert found["site_79"]["children"] == ["site_760"]
    assert set(found["site_26734"]["hosts"]) == {"lan_26734", "r-ward", "s-ward"}
    assert set(found["system_tthc"]["hosts"]) == {"s-tthc", "r-dc"}
    # Two ids that differ by a sign alone keep a group each.
    assert set(found["system_lan_26734"]["hosts"]) == {"s-ward", "r-dc", "r-ward"}
    assert found["system_lan_26734__2"]["hosts"] == ["lan_26734"]
    assert "SECRET" not in (tmp_path / "hosts.yml").read_text(encoding="utf-8")
