from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from checks import catalogue
from checks.model import Cause
from lab import faults
from lab.endpoints import Issued
from lab.machines import File, Keys, Machine, Trust, machine, write
from lab.topology import plan
from lab.workspace import STANDARD

KEYS = Keys("ssh-ed25519 AAAA audit\n", "ssh-ed25519 AAAA admin\n", "private\n", "ssh-ed25519 AAAA host\n")
TRUST = Trust("authority\n", Issued("certificate\n", "key\n"), "00" * 32)


def well_kept(host: str) -> Machine:
    city = plan()
    return machine(city.by_name[host], city, KEYS, ("/usr/bin/true",), TRUST, {})


def test_there_are_enough_faults_of_both_families() -> None:
    checks = {expectation.check for fault in faults.known() for expectation in fault.expects}
    assert len(faults.known()) >= 18
    assert any(check.startswith("link.") for check in checks)
    assert any(check.startswith("ssh.") for check in checks)
    assert len({fault.id for fault in faults.known()}) == len(faults.known())


def test_every_fault_fits_the_default_city_and_changes_its_machine() -> None:
    city = plan()
    assert faults.fitting(city) == faults.known()
    for fault in faults.known():
        if fault.kind == "machine":
            before = well_kept(fault.where)
            assert faults.plant(before, [fault]) != before, fault.id


def test_faults_of_one_machine_do_not_undo_each_other() -> None:
    for host in {fault.where for fault in faults.known() if fault.kind == "machine"}:
        own = [fault for fault in faults.known() if fault.where == host]
        healthy = well_kept(host)
        assert faults.plant(healthy, own) == faults.plant(healthy, reversed(own))


def test_every_expectation_names_a_check_that_exists_and_a_known_cause() -> None:
    checks = catalogue.load(STANDARD).checks
    for fault in faults.known():
        for expectation in fault.expects:
            pattern = expectation.check.partition("@")[0]
            assert any(fnmatchcase(check, pattern) for check in checks), f"{fault.id}: {pattern}"
            assert (expectation.cause in {*Cause}) == (expectation.status == "unknown")


def test_a_fault_that_does_not_fit_the_machine_any_more_is_an_error() -> None:
    step = faults.Step(replace="/etc/hostname", old="no such text", new="")
    fault = faults.known()[0].model_copy(update={"where": "dc-lgsp", "kind": "machine", "steps": (step,)})
    with pytest.raises(ValueError, match="no such text"):
        faults.plant(well_kept("dc-lgsp"), [fault])


def test_a_fault_may_change_a_second_host_and_wants_it_there() -> None:
    fault = next(one for one in faults.known() if one.id == "administration-across-zones")
    second = well_kept("dc-mail")
    assert faults.plant(second, [fault]) != second
    assert faults.plant(well_kept("dc-log"), [fault]) == well_kept("dc-log")
    assert fault.fits(plan())
    step = fault.steps[1].model_copy(update={"host": "dc-gone"})
    assert not fault.model_copy(update={"steps": (fault.steps[0], step)}).fits(plan())


def test_a_smaller_city_has_fewer_faults() -> None:
    small = plan(5, 0)
    fitting = faults.fitting(small)
    assert 0 < len(fitting) < len(faults.known())
    assert {fault.where for fault in fitting} <= {*small.by_name}


def test_secrets_of_a_machine_are_closed() -> None:
    files = well_kept("dc-lgsp").files
    assert files["/etc/shadow"].mode == 0o640
    assert files["/etc/ssh/ssh_host_ed25519_key"].mode == 0o600
    assert not [path for path, file in files.items() if file.mode & 0o002]


def test_every_owner_is_an_account_of_the_machine() -> None:
    for host in ("dc-core", "dc-log"):
        files = well_kept(host).files
        users, groups = (
            {line.partition(":")[0] for line in (files[path].content or "").splitlines()}
            for path in ("/etc/passwd", "/etc/group")
        )
        assert {file.owner for file in files.values()} <= users
        assert {file.group for file in files.values()} <= groups
        shadowed = {line.partition(":")[0] for line in (files["/etc/shadow"].content or "").splitlines()}
        assert shadowed == users


def test_a_machine_with_an_unknown_owner_is_not_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    broken = well_kept("dc-lgsp")
    broken = replace(broken, files={**broken.files, "/x": File("", owner="nobody-knows")})
    with pytest.raises(KeyError, match="nobody-knows"):
        write(broken, tmp_path_factory.mktemp("upper"))
