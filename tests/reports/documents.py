"""Synthetic documents: a small practice city, and a city of any size. Nothing comes from chance or the clock."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import yaml

from reports import score
from reports.document import Asset, Check, Document, Finding, Link, Requirement, Site, System, Target, WaiverMark
from reports.index import Index, base
from reports.trend import Point, Trend

HERE = Path(__file__).parent
HOSTILE = "<script>alert('x')</script> & \"=cmd|' /C calc'!A0\" \x1b[31m\u202e\u4e2d\u6587 {{7*7}} <b>đậm</b>"
SCORE = "infrastructure_reviewed"
ALL_LEVELS = [1, 2, 3, 4, 5]

TREE = {
    "760": ("Quận 1", "District 1", {"26740": "Phường Bến Nghé", "26743": "Phường Bến Thành"}),
    "765": ("Quận Bình Thạnh", "Binh Thanh District", {"26905": "Phường 13", "26956": "Phường 25"}),
    "769": ("Thành phố Thủ Đức", "Thu Duc City", {"26833": "Phường Trường Thọ", "26848": "Phường Hiệp Phú"}),
}
OPEN = {
    ("dc-tthc-1", "ssh.password_login_off"): "",
    ("dc-log-1", "logs.retention"): "",
    ("q1-web-1", "ssh.root_login_off"): "",
    ("q1-web-1", "packages.security_updates"): "",
    ("bt-edge-1", "device.encrypted_management"): "",
    ("bt-web-1", "accounts.default_accounts_disabled"): "",
    ("bt-web-1", "audit.running"): "",
    ("td-web-1", "logs.retention"): "",
    ("td-web-1", "time.synchronised"): "",
    ("w26743-web-1", "files.secret_files_protected"): "",
    ("w26905-edge-1", "link.up@w26905-up"): "",
    ("w26905-edge-1", "link.adjacency@w26905-up"): "",
}


def checks() -> dict[str, Check]:
    """The checks of `words.yaml`, demanded at every level."""
    rows: Mapping[str, list[Any]] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    return {
        id_: {
            "kind": row[0].split(),
            "each": row[1],
            "levels": ALL_LEVELS,
            "severity": row[3],
            "title": {"vi": row[5], "en": row[6]},
            "why": {"vi": row[7], "en": row[8]},
            "remedy": {"vi": row[9], "en": row[10]},
            "playbook": row[4],
            "counts_for": row[2],
        }
        for id_, row in rows.items()
    }


def said(check: str) -> tuple[str, str]:
    """What the check expects, and what it reads where it fails."""
    row = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))[base(check)]
    return row[11], row[12]


SAID = {id_: said(id_) for id_ in checks()}


def requirements() -> list[Requirement]:
    """One requirement for each check but those of interconnection, and two that no machine sees."""
    technical = [id_ for id_, check in checks().items() if check["counts_for"] != "interconnected"]
    probed = [_requirement(f"r-{n:02}", f"2.{n}", check, [check]) for n, check in enumerate(technical, 1)]
    return [*probed, _requirement("r-quy-che", "1.1", "", []), _requirement("r-dao-tao", "1.2", "", [])]


def _requirement(id_: str, clause: str, check: str, answered: list[str]) -> Requirement:
    title = checks()[check]["title"] if check else {"vi": "Quy chế bảo đảm an toàn thông tin", "en": "Security rules"}
    return {
        "id": id_,
        "clauses": {str(level): f"{level + 4}.{clause}" for level in ALL_LEVELS},
        "kind": "technical" if answered else "management",
        "group": "server" if answered else "policy",
        "title": title,
        "levels": ALL_LEVELS,
        "verified": id_ == "r-01",
        "checks": answered,
    }


def site(id_: str, name: str, kind: str, parent: str | None, name_en: str | None = None) -> Site:
    return cast(Site, {"id": id_, "name": name, "name_en": name_en, "kind": kind, "parent": parent})


def asset(id_: str, at: str, kind: str, systems: Iterable[str], level: int = 3) -> Asset:
    number = int(hashlib.sha256(id_.encode()).hexdigest()[:4], 16)
    record = {
        "id": id_,
        "address": f"10.{number % 200}.{number // 256}.10",
        "site": at,
        "systems": sorted(systems),
        "kind": kind,
        "platform": "frr" if kind == "device" else "debian",
        "level": level,
        "state": "reviewed",
        "cause": None,
    }
    return cast(Asset, record)


def system(id_: str, name: str, owner: str, level: int | None, state: str | None, *away: str) -> System:
    """A system; `state` is its dossier's, `away` are the requirements that its plan leaves out with a reason."""
    plan = [{"requirement": one, "how": "not_applicable", "reason": "Hệ thống không có thành phần này"} for one in away]
    dossier = {
        "state": state,
        "level": level or 2,
        "standard": "tcvn-11930-2017",
        "decision": "123/QĐ-UBND" if state == "approved" else None,
        "approved_on": "2025-03-04" if state == "approved" else None,
        "plan": plan,
    }
    record = {"id": id_, "name": name, "name_en": None, "owner": owner, "level": level}
    return cast(System, {**record, "dossier": dossier if state else None})


def link(site_id: str, child: str, parent: str) -> Link:
    return {
        "id": f"w{site_id}-up",
        "child": {"asset": child, "interface": "eth0", "address": "10.255.0.2"},
        "parent": {"asset": parent, "interface": f"to-{site_id}", "address": "10.255.0.1"},
    }


def blank(mode: str = "lab", run: str = "20261121T021500Z") -> Document:
    """A document with a city and its checks, nothing in it yet."""
    record = {
        "schema": "rasoat/results/1",
        "run": {
            "id": run,
            "started": "2026-11-21T02:15:00Z",
            "ended": "2026-11-21T02:15:42Z",
            "scope": "79",
            "mode": mode,
            "inventory_sha256": hashlib.sha256(b"inventory").hexdigest(),
            "catalogue": {
                "id": "tcvn-11930-2017",
                "version": "2026.1",
                "sha256": hashlib.sha256(b"catalogue").hexdigest(),
            },
            "program": "rasoat 0.1.0",
            "complete": True,
            "selection": {"systems": [], "assets": [], "checks": [], "level": None},
        },
        "city": {
            "name": "Thành phố Hồ Chí Minh",
            "agency": {
                "parent": "ỦY BAN NHÂN DÂN THÀNH PHỐ HỒ CHÍ MINH",
                "name": "TRUNG TÂM CHUYỂN ĐỔI SỐ",
                "place": "Thành phố Hồ Chí Minh",
                "signer_post": "GIÁM ĐỐC",
                "signer_name": "Nguyễn Thị Ánh Tuyết",
                "recipients": ["Ủy ban nhân dân Thành phố", "Ủy ban nhân dân các quận, huyện, thành phố Thủ Đức"],
            },
        },
        "period_days": 31,
        "classified_levels": ALL_LEVELS,
        "sites": [site("79", "Thành phố Hồ Chí Minh", "city", None, "Ho Chi Minh City")],
        "systems": [],
        "assets": [],
        "links": [],
        "services": [{"id": "lgsp", "name": "Nền tảng tích hợp, chia sẻ dữ liệu", "name_en": None, "system": "lgsp"}],
        "requirements": requirements(),
        "checks": checks(),
        "attestations": [],
        "waivers": [],
        "findings": [],
        "scores": {},
    }
    return cast(Document, record)


def judge(document: Document, failing: Mapping[tuple[str, str], str], dark: Mapping[str, str]) -> Document:
    """The document with one finding for each expected check: failing, unknown where the asset is dark, else passing."""
    index = Index({**document, "findings": []})
    document["findings"] = [
        _finding(document, one, check, failing, dark) for one in index.assets.values() for check in index.expected(one)
    ]
    for one in document["assets"]:
        one["state"], one["cause"] = ("unreached" if one["id"] in dark else "reviewed"), dark.get(one["id"])
    return scored(document)


def _finding(
    document: Document, one: Asset, check: str, failing: Mapping[tuple[str, str], str], dark: Mapping[str, str]
) -> Finding:
    wanted, seen = SAID[base(check)]
    failed = (one["id"], check) in failing
    cause = dark.get(one["id"])
    level = str(one["level"])
    return {
        "asset": one["id"],
        "check": check,
        "requirements": [r["clauses"][level] for r in document["requirements"] if base(check) in r["checks"]],
        "status": "unknown" if cause else ("fail" if failed else "pass"),
        "cause": cause,
        "expected": wanted,
        "actual": "" if cause else (failing[one["id"], check] or seen if failed else wanted),
        "evidence": [] if cause else ["sha256:" + hashlib.sha256(f"{one['id']} {check}".encode()).hexdigest()],
        "waiver": None,
    }


def scored(document: Document) -> Document:
    document["scores"] = score.scores(document)
    return document


def practice() -> Document:
    """24 assets over a city, three districts and six wards, with planted failures; a fresh copy each time."""
    return copy.deepcopy(_PRACTICE)


def _practice() -> Document:
    document = blank()
    core = ["dc-core-1", "dc-core-2"]
    document["assets"] = [asset(one, "79", "device", ["metronet"]) for one in core]
    servers = {
        "tthc-1": "tthc",
        "tthc-2": "tthc",
        "lgsp-1": "lgsp",
        "mail-1": "thu-dien-tu",
        "log-1": "trung-tam-du-lieu",
        "db-1": "1022",
    }
    document["assets"] += [asset(f"dc-{name}", "79", "server", [serves]) for name, serves in servers.items()]
    for code, short in (("760", "q1"), ("765", "bt"), ("769", "td")):
        _district(document, code, short)
    document["systems"] = _systems(document)
    _vouch(document)
    dark = {
        "w26956-edge-1": "timeout",
        "w26956-web-1": "timeout",
        "dc-mail-1": "auth_refused",
        "w26848-edge-1": "host_key_changed",
    }
    judge(document, OPEN, dark)
    _waive(document, "w26743-web-1", "files.secret_files_protected")
    return scored(document)


def _district(document: Document, code: str, short: str) -> None:
    name, name_en, wards = TREE[code]
    document["sites"].append(site(code, name, "district", "79", name_en))
    document["assets"] += [
        asset(f"{short}-edge-1", code, "device", ["metronet"]),
        asset(f"{short}-web-1", code, "server", [f"lan-{code}"], 2),
    ]
    document["links"].append(link(code, f"{short}-edge-1", "dc-core-1"))
    for ward, ward_name in wards.items():
        document["sites"].append(site(ward, ward_name, "ward", code))
        document["assets"].append(asset(f"w{ward}-edge-1", ward, "device", ["metronet"]))
        document["links"].append(link(ward, f"w{ward}-edge-1", f"{short}-edge-1"))
        if ward not in ("26740", "26833"):
            document["assets"].append(asset(f"w{ward}-web-1", ward, "server", [f"lan-{code}"], 2))


def _systems(document: Document) -> list[System]:
    devices = [r["id"] for r in document["requirements"] if r["checks"] and r["checks"][0].startswith("device.")]
    servers = [r["id"] for r in document["requirements"] if r["checks"] and not r["checks"][0].startswith("device.")]
    return [
        system("tthc", "Hệ thống thông tin giải quyết thủ tục hành chính", "79", 3, "approved", *devices),
        system("lgsp", "Nền tảng tích hợp, chia sẻ dữ liệu", "79", 3, "approved", *devices),
        system("thu-dien-tu", "Thư điện tử công vụ", "79", 3, "approved", *devices),
        system("1022", "Cổng thông tin 1022", "79", 3, "approved", *devices),
        system("trung-tam-du-lieu", "Trung tâm dữ liệu", "79", 3, "appraised"),
        system("metronet", "Mạng dùng riêng của thành phố", "79", 3, "approved", *servers),
        system("lan-760", "Mạng nội bộ Quận 1", "760", 2, "approved", *devices),
        system("lan-765", "Mạng nội bộ Quận Bình Thạnh", "765", 2, "draft"),
        system("lan-769", "Mạng nội bộ thành phố Thủ Đức", "769", None, None),
    ]


def _vouch(document: Document) -> None:
    for one in ("tthc", "lgsp", "thu-dien-tu", "1022", "metronet"):
        for requirement in ("r-quy-che", "r-dao-tao"):
            document["attestations"].append(
                {
                    "id": f"xn-{one}-{requirement}",
                    "system": one,
                    "requirement": requirement,
                    "officer": "Trần Văn Đức",
                    "document": "Quyết định 77/QĐ-TTCĐS",
                    "document_sha256": None,
                    "signed_on": "2026-01-05",
                    "expires_on": "2026-12-05" if one == "lgsp" else "2027-01-05",
                }
            )


def mark(*, valid: bool) -> WaiverMark:
    """A waiver as it stands beside a finding."""
    return {
        "id": "cn-2026-01",
        "reason": "Chờ thay chứng thư số",
        "owner": "Lê Hoàng Yến",
        "approver": "Phạm Quốc Khánh",
        "start": "2026-10-01",
        "end": "2026-12-15" if valid else "2026-11-15",
        "valid": valid,
    }


def _waive(document: Document, asset_id: str, check: str) -> None:
    scope = {"check": check, "asset": asset_id, "site": None, "system": None}
    named = {key: value for key, value in mark(valid=True).items() if key != "valid"}
    document["waivers"].append(cast(Any, {**named, **scope}))
    for finding in document["findings"]:
        if (finding["asset"], finding["check"]) == (asset_id, check):
            finding["waiver"] = mark(valid=True)


def large(assets: int) -> Document:
    """A city of `assets` assets over 22 districts and 312 wards, about one in twelve checks failing."""
    document = blank("live")
    document["assets"] = [asset("dc-core-1", "79", "device", ["metronet"])]
    document["systems"] = [system("metronet", "Mạng dùng riêng của thành phố", "79", 3, "approved")]
    for d in range(22):
        _big_district(document, f"d{d:02}", f"Quận số {d + 1}", 312 * (d + 1) // 22 - 312 * d // 22)
    places = [one["id"] for one in document["sites"] if one["kind"] != "city"]
    for n in range(assets - len(document["assets"])):
        at = places[n % len(places)]
        owner = at if at.startswith("d") and len(at) == 3 else at[:3]
        document["assets"].append(asset(f"may-{n:04}", at, "server", [f"lan-{owner}"], 2))
    index = Index(document)
    chance = {(a["id"], c): _share(a["id"] + c) for a in index.assets.values() for c in index.expected(a)}
    dark = {
        a: ("timeout", "refused", "auth_refused", "dns")[int(_share(a) * 40)] for a in index.assets if _share(a) < 0.1
    }
    return judge(document, {key: "" for key, share in chance.items() if share < 0.03}, dark)


def _big_district(document: Document, id_: str, name: str, wards: int) -> None:
    document["sites"].append(site(id_, name, "district", "79"))
    document["assets"].append(asset(f"{id_}-edge", id_, "device", ["metronet"]))
    document["links"].append(link(id_, f"{id_}-edge", "dc-core-1"))
    document["systems"].append(
        system(f"lan-{id_}", f"Mạng nội bộ {name}", id_, 2, "approved" if _share(id_) < 0.8 else None)
    )
    for n in range(wards):
        ward = f"{id_}w{n:02}"
        document["sites"].append(site(ward, f"Phường {n + 1}, {name}", "ward", id_))
        document["assets"].append(asset(f"{ward}-edge", ward, "device", ["metronet"]))
        document["links"].append(link(ward, f"{ward}-edge", f"{id_}-edge"))


def _share(text: str) -> float:
    """A number in [0, 1) that belongs to the text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def hostile() -> Document:
    """The practice city with hostile text wherever a machine or a file can put some."""
    document = practice()
    for one in document["sites"]:
        one["name"] = HOSTILE
    for finding in document["findings"]:
        finding["actual"] = HOSTILE
    for one_system in document["systems"]:
        one_system["name"] = HOSTILE * 3
    return scored(document)


def plain(document: Document) -> Any:
    """The document as JSON carries it."""
    return json.loads(json.dumps(document))


_PRACTICE = _practice()


def course(document: Document, *changed: tuple[str, bool, bool]) -> Trend:
    """Twelve months up to November 2026, each a little better. `changed`: (month, ruler changed, inventory changed)."""
    marks = {month: (ruler, inventory) for month, ruler, inventory in changed}
    points = []
    for back in range(11, -1, -1):
        on = date(2025 + (22 - back) // 12, (22 - back) % 12 + 1, 28)
        scores = copy.deepcopy(document["scores"])
        for one in cast(Mapping[str, Any], scores).values():
            one.update(items=[], percent=max(0.0, round(one["percent"] - 3.1 * back, 1)))
        ruler, inventory = marks.get(f"{on:%Y-%m}", (False, False))
        points.append(Point(f"{on:%Y-%m}", on, scores, ruler, inventory))
    dark = [one["id"] for one in document["assets"] if one["state"] == "unreached"]
    return Trend(tuple(points), {}, dict.fromkeys(dark, date(2026, 8, 3)))


def targets() -> list[Target]:
    """One target of each kind: measured, declared, without a figure, without a goal."""
    empty: dict[str, Any] = dict.fromkeys(("goal", "score", "figure", "source", "on", "stated_in"))
    usual = {**empty, "unit": "percent", "direction": "at_least", "measured_by": "declared"}
    rows: list[dict[str, Any]] = [
        {"id": "theme.rank", "group": "theme", "goal": 5, "unit": "rank", "direction": "at_most", "figure": 4},
        {"id": "theme.reviewed", "group": "theme", "goal": 100, "measured_by": "audit", "score": SCORE},
        {"id": "government.mail", "group": "government", "goal": 100, "measured_by": "audit"},
        {
            "id": "government.signatures",
            "group": "government",
            "goal": 90,
            "figure": 92.5,
            "source": "Báo cáo 45/BC-SNV",
        },
        {"id": "economy.gdp", "group": "economy", "goal": 25, "direction": "more_than", "figure": 21.5},
        {"id": "security.missing", "group": "security"},
    ]
    for row in rows:
        row["title"] = {"vi": f"Chỉ tiêu {row['id']}", "en": f"Target {row['id']}"}
        if row.get("figure") is not None:
            row["on"] = "2026-10-31"
    return cast(list[Target], [{**usual, **row} for row in rows])


def month(document: Document) -> Document:
    """The document as if it were November's, its results of three days; one asset was judged on none."""
    document["run"]["id"] = "2026-11"
    days = ("2026-11-03", "2026-11-12", "2026-11-21")
    for number, one in enumerate(document["assets"]):
        one["judged_on"] = None if one["state"] == "unreached" else days[number % 3]
    source = {"id": "20261121T021500Z", "ended": "2026-11-21T02:15:42Z", "manifest_sha256": "ab" * 32}
    digests = {"inventory_sha256": "cd" * 32, "catalogue_sha256": "ef" * 32}
    period = {"month": "2026-11", "from": "2026-11-01", "to": "2026-11-30", "runs": [{**source, **digests}]}
    document["period"] = cast(Any, {**period, "left_out": []})
    return document
