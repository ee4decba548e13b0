"""A web application firewall that is real: ModSecurity with OWASP's Core Rule Set, as Debian ships them."""

from __future__ import annotations

import asyncio

import pytest

from checks import catalogue
from checks.catalogue import BoundCheck
from checks.model import Status, Want
from runner import judge
from runner.evidence import Record
from runner.sessions.base import HostPort
from tests import tls
from tests.runner import city
from tests.runner.peers import free_port
from tests.runner.test_endpoint import ask
from tests.tls import LOOPBACK, NAME, Authority

CATALOGUE = catalogue.load("tcvn-14423-2026")
# As root its workers must be root, too, to read below pytest's own folder.
MAIN = "load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so; user root;"
GUARDED = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {pair.certificate};
    ssl_certificate_key {pair.key};
    root {folder};
    modsecurity {on};
    modsecurity_rules_file {folder}/rules.conf;
}}
"""
RULES = """
SecRuleEngine {engine}
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecAction "id:900990,phase:1,nolog,pass,setvar:tx.crs_setup_version=334"
Include /usr/share/modsecurity-crs/rules/*.conf
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return tls.authority(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("on", "engine", "status", "actual"),
    [
        ("on", "On", Status.PASS, "/ XSS: 403, / SQL: 403, / path: 403"),
        ("on", "DetectionOnly", Status.FAIL, "/ XSS: 200, / SQL: 200, / path: 200"),
        ("off", "On", Status.FAIL, "/ XSS: 200, / SQL: 200, / path: 200"),
    ],
)
def test_a_real_firewall_is_seen_to_stop_attacks(
    authority: Authority, on: str, engine: str, status: Status, actual: str
) -> None:
    label = f"waf-{on}-{engine.lower()}"
    folder, port, pair = authority.folder / f"pages-{label}", free_port(), authority.issue(label)
    folder.mkdir()
    (folder / "index.html").write_text("trang")
    (folder / "rules.conf").write_text(RULES.format(engine=engine))
    with tls.nginx(authority.folder / label, GUARDED.format(port=port, pair=pair, folder=folder, on=on), [port], MAIN):
        asset = city.asset("page", kind="endpoint", platform="web", address=LOOPBACK, port=port, names=[NAME])
        want = Want(asset, 3, {"web_firewall_pages": ["/"]})
        faced = [BoundCheck(CATALOGUE.checks["web.firewall"], want, ("4.12.2.2 a",))]
        replies = asyncio.run(ask(HostPort(LOOPBACK, port), authority, judge.questions(faced)))
    finding = judge.judge(faced, {question: Record("page", reply) for question, reply in replies.items()})[0]
    assert (finding.status, finding.actual) == (status, actual)
