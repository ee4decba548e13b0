"""A NetBox taken in: its lists read page by page, its token sent to it alone, over TLS that is verified.

The objects in netbox/ are made by hand after NetBox 4's REST API: they have the fields that are read here, and the
commonest others. No NetBox ran here. That this server speaks NetBox's API is shown by pynetbox, NetBox's own client,
which reads the same objects from it.
"""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pynetbox
import pytest

from inventory.exchange import netbox, netbox_api
from inventory.faults import BadInput
from inventory.load import load
from tests.cities import small_city

RECORDED = Path(__file__).parent / "netbox"
TOKEN = "nbt_abc.0123456789"
PAGE = 2


@dataclass
class Box:
    """A NetBox that serves at most `PAGE` objects a page and remembers how it was asked."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)
    redirect: str = ""
    followed: bool = False  # pages name the next one at this address, as NetBox without a proxy before it does

    def rows(self, path: str) -> list[dict[str, Any]] | None:
        name = path.removeprefix("/api/").strip("/")
        file = RECORDED / f"{name.replace('/', '_')}.json"
        return self.changed.get(name) or (json.loads(file.read_bytes()) if file.exists() else None)


class Handler(http.server.BaseHTTPRequestHandler):
    box: Box

    def do_GET(self) -> None:  # the library's name
        parts = urlsplit(self.path)
        self.box.asked.append((self.path, self.headers["Authorization"] or ""))
        rows = self.box.rows(parts.path)
        if self.box.redirect:
            self.send_response(302)
            self.send_header("Location", self.box.redirect)
            self.end_headers()
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(403, {"detail": "Invalid token"})
        elif rows is None:
            self._answer(404, {"detail": "Not found."})
        else:
            query = parse_qs(parts.query)
            offset = int(query.get("offset", ["0"])[0])
            more = offset + PAGE < len(rows)
            # As behind a proxy: the address of the next page is one that must not be followed.
            host = f"{self.box.url}{parts.path}" if self.box.followed else "http://elsewhere.invalid/api/"
            following = f"{host}?limit={PAGE}&offset={offset + PAGE}" if more else None
            page = {"count": len(rows), "next": following, "previous": None, "results": rows[offset : offset + PAGE]}
            self._answer(200, page)

    def _answer(self, status: int, document: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        pass


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Box]:
    box = Box()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"box": box})) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        box.url = f"http{'s' * (context is not None)}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", TOKEN)


def taken(workspace: Path, box: Box, *, dry: bool = False) -> Any:
    return netbox.from_netbox(workspace, box.url, "env:NETBOX_TOKEN", load, dry=dry)


@pytest.mark.parametrize("name", sorted(file.stem for file in RECORDED.glob("*.json")))
def test_netbox_s_own_client_reads_the_same_from_this_server(name: str) -> None:
    app, _, endpoint = name.partition("_")
    with serving() as box:
        box.followed = True
        client = pynetbox.api(box.url, token=TOKEN)  # type: ignore[no-untyped-call]  # ships no types
        listed = getattr(getattr(client, app), endpoint.replace("-", "_")).all(limit=PAGE)
        theirs = [dict(record) for record in listed]
        ours = [*netbox_api.opened(box.url, TOKEN).all(f"{app}/{endpoint}")]
    assert [one["id"] for one in theirs] == [one["id"] for one in ours]
    assert len(ours) > PAGE or len(ours) == len(json.loads((RECORDED / f"{name}.json").read_bytes()))
    for mine, seen in zip(ours, theirs, strict=True):
        plain = {key for key, value in mine.items() if isinstance(value, str | int | None)}
        assert {key: seen[key] for key in plain} == {key: mine[key] for key in plain}


def test_sites_machines_and_links_come_in(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    with serving() as box:
        done = taken(workspace, box)
    city = load(workspace)
    assert done.counts == {"sites": 3, "assets": 6, "links": 2}
    assert (city.sites["quan-3"].kind, city.sites["quan-3"].parent) == ("district", "79")
    assert (city.sites["phuong-vo-thi-sau"].kind, city.sites["phuong-vo-thi-sau"].parent) == ("ward", "quan-3")
    assert (city.sites["so-y-te"].kind, city.sites["so-y-te"].parent) == ("department", "79")
    assert city.sites["760"].name == "Quận 1"
    edge = city.assets["r-tan-dinh-1"]
    assert (edge.site, edge.systems, edge.kind, edge.platform) == ("26734", ("lan-26734",), "device", "frr")
    assert edge.address == "198.51.100.1"
    cisco = city.assets["vts-edge.q3"]
    assert (cisco.platform, cisco.port, cisco.login, cisco.systems) == ("cisco_ios", 2222, "device", ("tthc",))
    unnamed = city.assets["devices-17"]
    assert (unnamed.kind, unnamed.platform, unnamed.address) == ("server", "debian", "2001:db8::7")
    assert (city.assets["vm-dvc"].kind, city.assets["vm-dvc"].systems) == ("server", ("tthc",))
    link = city.links["tan-dinh-quan-1"]
    assert (link.child.asset, link.child.interface, link.child.address) == ("r-tan-dinh-1", "eth0", "198.51.100.1")
    assert (city.links["cable-2"].child.asset, city.links["cable-2"].parent.asset) == ("vts-edge.q3", "q3-edge")
    assert len(done.left) == 3
    assert {one.partition(" × ")[0] for one in done.left} == {"1", "2"}


def test_every_page_is_asked_for_here_with_the_token_and_the_token_is_kept_nowhere(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    with serving() as box:
        taken(workspace, box)
    assert {authorization for _, authorization in box.asked} == {f"Bearer {TOKEN}"}
    assert sum(path.startswith("/api/dcim/devices/?") for path, _ in box.asked) == 4
    assert not any(TOKEN.encode() in file.read_bytes() for file in workspace.rglob("*") if file.is_file())
    assert TOKEN not in repr(netbox_api.opened(box.url, TOKEN))


def test_taking_in_again_changes_nothing(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    with serving() as box:
        first = taken(workspace, box)
        before = first.file.read_bytes()
        assert taken(workspace, box, dry=True) == first
        taken(workspace, box)
    assert first.file.read_bytes() == before


def test_all_that_cannot_be_taken_in_is_said_with_the_object_and_nothing_is_written(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    devices = json.loads((RECORDED / "dcim_devices.json").read_bytes())
    devices[0]["primary_ip"] = None
    devices[1]["platform"], devices[1]["custom_fields"] = None, {"rasoat_systems": "tthx"}
    with serving() as box:
        box.changed["dcim/devices"] = devices
        box.changed["ipam/ip-addresses"] = [json.loads((RECORDED / "ipam_ip-addresses.json").read_bytes())[0]]
        with pytest.raises(BadInput) as error:
            taken(workspace, box)
    told = str(error.value)
    assert "netbox/dcim/devices/11: primary IP address: asset 'r-tan-dinh-1': 'address' is missing" in told
    assert "netbox/dcim/devices/12: platform or custom field rasoat_platform" in told
    assert "netbox/dcim/devices/12: tags or custom field rasoat_systems: unknown system 'tthx'" in told
    assert "netbox/dcim/cables/2: IP address of the interface" in told
    assert not (workspace / "inventory/imported-netbox.yaml").exists()


def certificate(folder: Path) -> ssl.SSLContext:
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names]
    subprocess.run(argv, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_token_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = small_city(tmp_path)
    with serving(certificate(tmp_path)) as box:
        with pytest.raises(BadInput, match="SSL_CERT_FILE"):
            taken(workspace, box)
        assert box.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert taken(workspace, box).counts["assets"] == 6


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with serving() as other, serving() as box:
        box.redirect = f"{other.url}/api/dcim/regions/"
        with pytest.raises(BadInput, match="redirects elsewhere"):
            taken(small_city(tmp_path), box)
    assert other.asked == []


def test_a_refused_token_and_an_address_that_is_no_netbox_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = small_city(tmp_path)
    with serving() as box:
        with pytest.raises(BadInput, match="answers 404"):
            netbox.from_netbox(workspace, f"{box.url}/x", "env:NETBOX_TOKEN", load, dry=True)
        monkeypatch.setenv("NETBOX_TOKEN", "other")
        with pytest.raises(BadInput, match="the token is refused") as error:
            taken(workspace, box)
        assert "other" not in str(error.value)
        assert box.asked[-1][1] == "Token other"
    with pytest.raises(BadInput, match="cannot be reached"):
        taken(workspace, box)


@pytest.mark.parametrize(
    "url", ["http://netbox.example", "ftp://x", "netbox", "https://u:p@netbox.example", "https://"]
)
def test_an_address_that_would_give_the_token_away_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="--netbox"):
        netbox_api.opened(url, TOKEN)
