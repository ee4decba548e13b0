"""A small valid city for the tests of every room."""

from __future__ import annotations

from pathlib import Path

CITY = """\
format: 1
name: Thành phố Mẫu
mode: lab
login: audit
hub: {asset: r-dc, interface: eth0, address: 192.0.2.1}
"""

PLACES = """\
sites:
  - id: "79"
    name: Thành phố Mẫu
    name_en: Sample City
    kind: city
  - id: "760"
    name: Quận 1
    name_en: District 1
    kind: district
    parent: "79"
  - id: "26734"
    name: Phường Tân Định
    name_en: Tan Dinh Ward
    kind: ward
    parent: "760"
  - id: "26737"
    name: Phường Đa Kao
    name_en: Da Kao Ward
    kind: ward
    parent: "760"
systems:
  - id: tthc
    name: Dịch vụ công
    name_en: Public services
    owner: "79"
    level: 3
    dossier:
      state: approved
      level: 3
      standard: tcvn-11930-2017
      decision: 12/QĐ-UBND
      approved_on: 2024-06-30
  - id: lan-26734
    name: Mạng nội bộ Phường Tân Định
    owner: "26734"
    level: 2
"""

ASSETS = """\
logins:
  - id: audit
    user: rasoat-audit
    key: keys/audit
    sudo: true
  - id: device
    user: quantri
    password: env:RASOAT_DEVICE_PASSWORD
assets:
  - id: s-tthc
    site: "79"
    systems: [tthc]
    kind: server
    platform: debian
    address: 192.0.2.20
    port: 2222
    ports: [443, 2222]
  - id: s-ward
    site: "26734"
    systems: [lan-26734]
    kind: server
    platform: debian
    address: 198.51.100.20
  - id: r-dc
    site: "760"
    systems: [tthc, lan-26734]
    kind: device
    platform: frr
    address: 192.0.2.1
  - id: r-ward
    site: "26734"
    systems: [lan-26734]
    kind: device
    platform: frr
    address: 198.51.100.1
    login: device
links:
  - id: ward-uplink
    child: {asset: r-ward, interface: eth0, address: 203.0.113.2}
    parent: {asset: r-dc, interface: eth1, address: 203.0.113.1}
    max_delay_ms: 50
services:
  - id: dvc
    name: Dịch vụ công
    name_en: Public services
    system: tthc
    address: 192.0.2.20
    port: 443
"""

ATTESTATIONS = """\
attestations:
  - id: tthc-regulation
    system: tthc
    requirement: regulation
    officer: Nguyễn Văn A
    document: 45/QĐ-TTCĐS
    signed_on: 2024-01-15
    expires_on: 2025-01-15
"""

WAIVERS = """\
waivers:
  - id: old-router
    check: device.encrypted_management
    asset: r-ward
    reason: Thiết bị chờ thay thế
    owner: Nguyễn Văn A
    approver: Trần Thị B
    start: 2024-01-01
    end: 2024-12-31
"""

FILES = {
    "city.yaml": CITY,
    "inventory/places.yaml": PLACES,
    "inventory/assets.yaml": ASSETS,
    "attestations.yaml": ATTESTATIONS,
    "waivers.yaml": WAIVERS,
}


def small_city(tmp_path: Path) -> Path:
    """A valid workspace: city, 1 district, 2 wards, 2 systems, 2 servers, 2 devices, 1 link, 1 service, 2 logins,
    1 attestation, 1 waiver. The second ward has no asset; nothing listens at its addresses (RFC 5737).
    """
    workspace = tmp_path / "city"
    for name, content in FILES.items():
        file = workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    for folder in ("keys", "runs"):
        (workspace / folder).mkdir(mode=0o700)
    (workspace / "known_hosts").touch()
    return workspace
