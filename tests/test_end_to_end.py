"""The main job on the practice city, as a user does it: every step is a command, in a folder that begins empty.

The tests stand in the order of the job: what changes machines comes after what looks at them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from lab import namespaces
from reports import make
from tests.commands.program import ROOT, Running, Told, rasoat, running
from tests.lab.traces import traces

pytestmark = pytest.mark.city
SCHEMA = json.loads((ROOT / "docs/schema/results-1.json").read_text(encoding="utf-8"))
PASS, FAILED, REFUSED, NOT_JUDGED, INTERRUPTED, NOT_VERIFIED = 0, 1, 2, 3, 4, 5
DARK, UPLINK_DOWN, REFUSES, REKEYED = "server-27496", "server-26743", "server-769", "server-27088"
WEAK, WEAK_ROUTER = "server-783", "router-783"
STATE = """
find /etc /home /root /srv /usr/local /opt /var/spool /boot -xdev -printf '%p %m %u %g %s %l %T@\\n'
find /etc -xdev -type f -exec sha256sum {} +
for one in /proc/[0-9]*; do tr '\\0' ' ' 2>/dev/null < $one/cmdline; echo; done
"""


@dataclass(frozen=True)
class Practice:
    """A practice city that is up; verbs are called in the folder that its workspace stands in."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "demo-city"

    def __call__(self, *words: str, given: str = "") -> Told:
        return rasoat(*words, at=self.folder, given=given)

    def told(self, *words: str) -> Any:
        """The JSON that a verb answers."""
        return json.loads(self(*words, "--json").out)

    def state(self, host: str) -> list[str]:
        """What an audit must leave as it was: files, and processes beside those of our own logins."""
        said = self("lab", "exec", host, "--", "sh", "-c", STATE)
        assert said.status == PASS
        return sorted(line for line in said.out.splitlines() if not line.startswith(("sshd: ", "tr ")))

    def latest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.runs()[-1] / "results.json").read_text(encoding="utf-8"))
        return found

    def runs(self) -> list[Path]:
        return sorted((self.workspace / "runs").iterdir())


@dataclass(frozen=True)
class Audited:
    """The first audit of the whole city, and what two hosts were like before and after it."""

    told: Told
    run: Path
    before: Sequence[list[str]]
    after: Sequence[list[str]]

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.run / "results.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    reason = namespaces.unavailable()
    if reason is not None:
        pytest.skip(reason)
    here = Practice(tmp_path_factory.mktemp("work"))
    try:
        up = here("lab", "up", "--json")
        assert up.status == PASS, up.err
        assert json.loads(up.out)["mode"] == "lab"
        yield here
    finally:
        assert here("lab", "down").status == PASS
        assert traces(here.workspace) == []


@pytest.fixture(scope="module")
def audited(city: Practice) -> Audited:
    hosts = (WEAK, "router-769")
    before = [city.state(host) for host in hosts]
    told = city("run")
    return Audited(told, city.runs()[0], before, [city.state(host) for host in hosts])


def test_an_audit_tells_that_not_everything_could_be_judged(audited: Audited) -> None:
    assert audited.told.status == NOT_JUDGED, audited.told.err
    assert "thành phố thực hành" in audited.told.out
    assert audited.told.out.splitlines()[-1] == str(audited.run / "results.json")
    assert audited.told.err.splitlines()[-1].startswith("30/30")


def test_results_are_of_the_published_form_and_name_every_dark_host_with_its_cause(audited: Audited) -> None:
    document = audited.document
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(document)
    causes = {asset["id"]: asset["cause"] for asset in document["assets"] if asset["state"] == "unreached"}
    dark = {host.replace("server", kind): "timeout" for host in (DARK, UPLINK_DOWN) for kind in ("server", "router")}
    assert causes == {**dark, REFUSES: "auth_refused", REKEYED: "host_key_changed"}
    assert len({(one["asset"], one["check"]) for one in document["findings"]}) == len(document["findings"])


def test_every_planted_fault_is_found_and_none_is_invented(city: Practice, audited: Audited) -> None:
    assert audited.run
    told = city("lab", "score")
    assert told.status == PASS, told.out
    assert len(city.told("lab", "score")["found"]) >= 15


def test_an_audit_only_reads(audited: Audited) -> None:
    for before, after in zip(audited.before, audited.after, strict=True):
        assert len(before) > 100
        assert set(after) ^ set(before) == set()


def test_no_secret_is_kept(city: Practice, audited: Audited) -> None:
    key = (city.workspace / "keys/rasoat-audit").read_text(encoding="ascii").splitlines()[1]
    kept = [path.read_bytes() for path in audited.run.rglob("*") if path.is_file()]
    assert not any(key.encode() in content for content in kept)


def test_status_lists_the_hosts_as_the_contract_has_it(city: Practice) -> None:
    status = city.told("lab", "status")
    assert status.keys() == {"workspace", "auditor", "hosts"}
    assert status["workspace"] == str(city.workspace)
    keys = {"name", "kind", "site", "address", "port", "user", "key_file", "namespace"}
    assert {frozenset(host) for host in status["hosts"]} == {frozenset(keys)}
    assert len(status["hosts"]) == 25


@pytest.mark.parametrize("host", ["auditor", WEAK])
def test_exec_passes_input_output_and_exit_status_through(city: Practice, host: str) -> None:
    assert city("lab", "exec", host, "--", "true") == Told(0, "", "")
    told = city("lab", "exec", host, "--", "sh", "-c", "cat; echo bad >&2; exit 7", given="một\nhai\n")
    assert told == Told(7, "một\nhai\n", "bad\n")
    assert city("lab", "exec", host, "sh", "-c", "exit 3", "--").status == 3
    assert city("lab", "exec", host, "--").status == REFUSED


def test_exec_names_a_host_that_is_not_there(city: Practice) -> None:
    assert "'nowhere'" in city("lab", "exec", "nowhere", "--", "true").message
    assert city("lab", "exec", DARK, "--", "true").status == REFUSED


@pytest.fixture(scope="module")
def written(city: Practice, audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders with all that can be written of the same run."""
    folders = [tmp_path_factory.mktemp(f"reports-{number}") for number in (1, 2)]
    formats = [f"--format={name}" for name in make.known()]
    for folder in folders:
        told = city("report", audited.run.name, "--out", str(folder), *formats)
        assert told.status == PASS, told.err
        assert str(folder / "leadership-vi.pdf") in told.out.splitlines()
    return folders


def test_the_same_run_gives_the_same_reports_byte_for_byte(written: list[Path]) -> None:
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in written)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_leadership_reads_its_two_numbers_in_vietnamese(written: list[Path], audited: Audited) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    argv = ["pdftotext", "-layout", str(written[0] / "leadership-vi.pdf"), "-"]
    pages = subprocess.run(argv, capture_output=True, encoding="utf-8", check=True).stdout.split("\f")
    front = " ".join(pages[0].split())
    assert "rà soát" in front
    assert "liên thông" in front
    scores = audited.document["scores"]
    for name in ("infrastructure_reviewed", "plans_implemented"):
        percent = f"{scores[name]['percent']:g}".replace(".", ",")
        assert f"{percent} %" in front.replace("\u00a0", " ")
    whole = " ".join(" ".join(pages).split())
    for words in ("Thành phố Hồ Chí Minh", "Quận 1", "khóa máy chủ đã thay đổi", "bị từ chối đăng nhập", DARK):
        assert words in whole


def test_a_district_gets_one_page_with_what_it_must_fix(written: list[Path]) -> None:
    page = (written[0] / "fix-lists-vi/783.html").read_text(encoding="utf-8")
    assert WEAK in page
    assert "SSH" in page
    assert "server-760" not in page
    assert "<script src" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_site_leads_down_to_what_a_machine_answered(written: list[Path], audited: Audited) -> None:
    site = written[0] / "site-vi"
    page = (site / f"assets/{WEAK}.html").read_text(encoding="utf-8")
    replies = (site / f"replies/{WEAK}.html").read_text(encoding="utf-8")
    failing = [one for one in audited.document["findings"] if (one["asset"], one["status"]) == (WEAK, "fail")]
    assert failing
    for digest in {digest for finding in failing for digest in finding["evidence"]}:
        assert f'href="../replies/{WEAK}.html#e-{digest.removeprefix("sha256:")[:16]}"' in page
        assert f"<code>{digest.removeprefix('sha256:')}</code>" in replies
    assert "sshd -T" in replies


def test_verify_confirms_what_was_kept(city: Practice, audited: Audited) -> None:
    told = city("verify", audited.run.name)
    assert (told.status, told.out) == (PASS, f"{audited.run.name}: OK\n")


@pytest.mark.parametrize("name", ["results.json", "journal.jsonl", "manifest.json", "evidence"])
def test_one_byte_edited_is_found(city: Practice, audited: Audited, name: str, tmp_path: Path) -> None:
    copy = shutil.copytree(audited.run, tmp_path / audited.run.name)
    assert city("verify", str(copy)).status == PASS
    path = copy / name if name != "evidence" else sorted((copy / "evidence").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    told = city("verify", str(copy), "--json")
    assert told.status == NOT_VERIFIED
    assert json.loads(told.out)["problems"]


def test_trust_shows_what_is_pinned_what_has_changed_and_what_is_dark(city: Practice) -> None:
    told = city("trust", WEAK, WEAK_ROUTER, REKEYED, DARK, "--json")
    assert told.status == NOT_JUDGED, told.err
    standing = {one["asset"]: one["standing"] for one in json.loads(told.out)}
    assert standing == {WEAK: "pinned", WEAK_ROUTER: "pinned", REKEYED: "changed", DARK: "unreached"}
    assert city("trust", WEAK).status == PASS


def judged(document: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str | None]]:
    return {(one["asset"], one["check"]): (one["status"], one["cause"]) for one in document["findings"]}


@pytest.fixture
def interrupted(city: Practice, audited: Audited) -> Iterator[Running]:
    """An audit of a district with a dark ward, while it waits for that ward."""
    assert audited.run
    with running("run", "--scope", "783", at=city.folder) as audit:
        audit.await_line("2/6")
        yield audit


def test_an_interrupted_audit_is_gone_on_with_to_the_same_findings(
    city: Practice, audited: Audited, interrupted: Running
) -> None:
    assert interrupted.interrupt().status == INTERRUPTED
    assert "rasoat run --resume" in interrupted.said
    assert not city.latest()["run"]["complete"]
    assert city("run", "--resume", "latest", "--quiet").status == NOT_JUDGED
    assert judged(city.latest()).items() <= judged(audited.document).items()
    assert {asset for asset, _ in judged(city.latest())} >= {WEAK, WEAK_ROUTER, DARK}
    assert city("verify").status == PASS


def test_a_killed_audit_ends_wholly_and_holds_nothing(city: Practice, audited: Audited, interrupted: Running) -> None:
    """Its half that stands where the auditor stands ends with it, and needs a moment to keep what it has."""
    interrupted.process.kill()
    interrupted.process.wait()
    for _ in range(5):
        resumed = city("run", "--resume", "latest", "--quiet")
        if resumed.status != REFUSED:
            break
        assert "is running" in resumed.message
    assert resumed.status == NOT_JUDGED
    assert judged(city.latest()).items() <= judged(audited.document).items()


def test_fix_leaves_network_devices_to_people(city: Practice, audited: Audited) -> None:
    told = city("fix", audited.run.name, "--asset", WEAK_ROUTER)
    assert told.status == PASS
    assert f"{WEAK_ROUTER} device.encrypted_management: by hand" in told.out


MENDED = ("ssh.password_login_off", "ssh.root_login_off")
MEND = ("--asset", WEAK, *(word for check in MENDED for word in ("--check", check)))


def test_fix_shows_the_difference_and_changes_nothing(city: Practice, audited: Audited) -> None:
    before = city.state(WEAK)
    told = city("fix", audited.run.name, *MEND)
    assert told.status == PASS, told.err
    assert "+PasswordAuthentication no" in told.out
    assert told.out.splitlines()[-1].startswith("Nothing was changed.")
    assert set(city.state(WEAK)) ^ set(before) == set()


def test_fix_apply_turns_the_findings_to_pass_and_the_auditor_still_gets_in(city: Practice, audited: Audited) -> None:
    assert {judged(audited.document)[WEAK, check][0] for check in MENDED} == {"fail"}
    told = city("fix", audited.run.name, *MEND, "--apply")
    assert told.status == PASS, told.out + told.err
    assert city("run", "--asset", WEAK).status == FAILED
    assert {judged(city.latest())[WEAK, check][0] for check in MENDED} == {"pass"}
    assert {asset["id"]: asset["state"] for asset in city.latest()["assets"]}[WEAK] == "reviewed"
    before, after = judged(audited.document), judged(city.latest())
    assert [key for key in after if before[key][0] == "pass" != after[key][0]] == []


def test_the_difference_between_two_runs_is_told(city: Practice, audited: Audited) -> None:
    """The latest is that of the server which was just put right."""
    told = city("diff", audited.run.name, "latest", "--json")
    assert {tuple(key) for key in json.loads(told.out)["fixed"]} == {(WEAK, check) for check in MENDED}
    assert "ssh.root_login_off" in city("diff", audited.run.name, "latest").out


def test_prepare_lets_the_auditor_in_and_release_takes_it_back(city: Practice, audited: Audited) -> None:
    assert judged(audited.document)[REFUSES, "ssh.root_login_off"] == ("unknown", "auth_refused")
    account = ["--asset", REFUSES, "--login", "admin"]
    key = ["--public-key", str(city.workspace / "keys/rasoat-audit.pub")]
    assert city("prepare", *account, *key).status == PASS
    assert city("run", "--asset", REFUSES).status == PASS

    assert city("release", *account).status == PASS
    assert city("run", "--asset", REFUSES).status == NOT_JUDGED
    assert judged(city.latest())[REFUSES, "ssh.root_login_off"] == ("unknown", "auth_refused")
    assert city("lab", "exec", REFUSES, "--", "id", "rasoat-audit").status == FAILED


def test_collect_reads_what_a_server_is(city: Practice) -> None:
    told = city("collect", "--asset", "dc-tthc")
    assert told.status == PASS, told.out + told.err
    assert "dc-tthc" in told.out
    assert list((city.workspace / "facts").glob("*dc-tthc*"))


def test_a_demo_goes_the_whole_way_and_leaves_only_its_workspace(city: Practice, tmp_path: Path) -> None:
    assert city.workspace.exists()
    told = rasoat("demo", "--lang", "en", at=tmp_path)
    assert told.status == PASS, told.err
    ending = told.out.rpartition("\n\n")[2]
    assert "The practice city was real" in ending
    assert "The audit's own exit status: 3 (something could not be judged)." in ending
    opened = [Path(line.removeprefix("Open: ")) for line in ending.splitlines() if line.startswith("Open: ")]
    assert [path.name for path in opened] == ["leadership-en.pdf", "index.html", "index.html"]
    assert all(path.is_file() for path in opened)
    assert [path.name for path in tmp_path.iterdir()] == ["demo-city"]
    assert traces(tmp_path / "demo-city") == []


def test_ctrl_c_in_a_demo_takes_its_city_down(city: Practice, tmp_path: Path) -> None:
    assert city.workspace.exists()
    with running("demo", at=tmp_path) as demo:
        demo.await_line("3/30")
        assert traces(tmp_path / "demo-city")
        assert demo.interrupt().status == INTERRUPTED
    assert traces(tmp_path / "demo-city") == []
    assert list((tmp_path / "demo-city").glob("runs/*/journal.jsonl"))
