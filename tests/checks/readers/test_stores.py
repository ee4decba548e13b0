"""Where copies go, as the lines of jobs tell it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.connectivity import linux
from checks.readers import stores
from checks.readers.kernel import Mount
from checks.readers.stores import Place, is_own, kept_by, named

TOOLS = st.sampled_from(
    ["restic", "borg create", "rsync -a", "scp -r", "duplicity", "pg_dump", "rdiff-backup", "tar cf"]
)
PATHS = st.lists(st.from_regex(r"/[a-z]{1,8}(/[a-z.-]{1,8}){0,3}", fullmatch=True), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("restic -r sftp:saoluu@kho.example:/may backup /etc", ["kho.example"]),
        ("restic --repo=sftp://saoluu@[2001:db8::9]:22//may backup /etc", ["2001:db8::9"]),
        ("restic -r rest:http://kho.example:8000/ backup /etc", ["kho.example"]),
        ("restic -r s3:s3.example/kho backup /etc", ["s3.example"]),
        ("restic -r azure:kho:/ backup /etc", ["azure:kho"]),
        ("duplicity /srv boto3+s3://kho/may", ["boto3+s3:kho"]),
        ("duplicity /srv scp://saoluu@kho.example//may", ["kho.example"]),
        ("borg create ssh://saoluu@kho.example:22/./may::{now} /srv", ["kho.example"]),
        ("rsync -a --exclude tmp:/x /srv/ kho.example:/may/ >>/var/log/sao-luu 2>&1", ["kho.example"]),
        ("rsync -a root@may.example:/srv/ /srv/may/", []),
        ("scp -P 2222 /srv/a.gpg saoluu@kho.example:", ["kho.example"]),
        ("scp -P 2222 /srv/a.gpg saoluu@kho.example:/may/", ["kho.example"]),
        ("pg_dump city | gpg -e -r an | ssh -i /root/.ssh/kho -p 22 saoluu@kho.example 'cat >a'", ["kho.example"]),
        ("ssh saoluu@kho.example uptime && restic -r /srv/kho backup /etc", []),
        ("restic -r /srv/kho backup /etc && rsync -a /srv/kho KHO.example::may", ["kho.example"]),
        ("pg_dump city >/srv/10:30 # an@phuong.example", []),
    ],
)
def test_a_line_names_the_hosts_that_it_copies_to(line: str, places: list[str]) -> None:
    assert [place.name for place in named(line)] == places


@given(tool=TOOLS, paths=PATHS)
def test_folders_of_this_host_are_no_other_place(tool: str, paths: list[str]) -> None:
    assert not list(named(f"15 1 * * * root /usr/bin/{tool} {' '.join(paths)}"))


@pytest.mark.parametrize(
    ("device", "kind", "place"),
    [
        ("10.10.9.9:/kho", "nfs4", Place("10.10.9.9")),
        ("[2001:db8::9]:/kho", "nfs4", Place("2001:db8::9")),
        ("//KHO.example/kho", "cifs", Place("kho.example")),
        ("saoluu@kho.example:/kho", "fuse.sshfs", Place("kho.example")),
        ("10.10.9.1:6789,10.10.9.2:6789:/", "ceph", Place("10.10.9.1")),
        ("kho:may", "fuse.rclone", Place("fuse.rclone kho:may", unclear=True)),
    ],
)
def test_a_mounted_folder_names_who_keeps_it(device: str, kind: str, place: Place) -> None:
    assert kept_by(Mount(device, "/kho", kind, frozenset())) == place


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_this_host(name: str) -> None:
    assert is_own(name, frozenset({"localhost"}))


def test_addresses_are_asked_for_once() -> None:
    """In the words of those who ask for them by interface: equal questions cost one command."""
    assert stores.ADDRESSES == linux.ADDRESSES
