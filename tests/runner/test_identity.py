"""Who we are and who they are: certificates of users and hosts, IPv6, login shells that are not POSIX."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from checks.model import Cause, Question, Reply
from inventory.faults import BadInput
from runner.sessions import trust
from runner.sessions.base import HostPort, Unreached
from runner.sessions.credentials import Credentials
from tests.runner import peers
from tests.runner.sessions import QUICK, STACKS, ask

HELLO = Question("echo hello")


def said(stack: str, server: peers.Sshd, login: Credentials, known: trust.KnownHosts | None = None) -> Reply:
    return asyncio.run(ask(stack, server.host, login, known or server.known(), [HELLO]))[HELLO]


def refusal(stack: str, server: peers.Sshd, login: Credentials, known: trust.KnownHosts | None = None) -> Unreached:
    with pytest.raises(Unreached) as caught:
        said(stack, server, login, known)
    return caught.value


def certified(authority: asyncssh.SSHKey, key: asyncssh.SSHKey, path: Path, valid: str = "+1d") -> Path:
    """The certificate of a user's key, valid from an hour ago."""
    made = authority.generate_user_certificate(
        key, "audit", principals=[peers.USER], valid_after="-2h", valid_before=valid
    )
    made.write_certificate(path)
    return path


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def signing(tmp_path: Path) -> Iterator[peers.Sshd]:
    """A server that lets in who holds a certificate of `authority`, and nobody's bare key."""
    peers.new_key(tmp_path / "authority")
    options = (f"TrustedUserCAKeys {tmp_path / 'authority.pub'}", "AuthorizedKeysFile none")
    with peers.sshd(tmp_path / "sshd", *options) as server:
        yield server


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_certificate_lets_its_key_in(stack: str, kind: str, signing: peers.Sshd, tmp_path: Path) -> None:
    authority, key = asyncssh.read_private_key(tmp_path / "authority"), peers.new_key(tmp_path / "key", kind)
    login = Credentials(peers.USER, key=tmp_path / "key")
    certificate = certified(authority, key, tmp_path / "key-cert.pub")
    assert said(stack, signing, replace(login, certificate=certificate)).stdout == "hello\n"
    assert refusal(stack, signing, login).cause is Cause.AUTH_REFUSED


def test_a_certificate_that_has_expired_is_refused_and_the_bare_key_not_tried(
    stack: str, signing: peers.Sshd, tmp_path: Path
) -> None:
    authority, key = asyncssh.read_private_key(tmp_path / "authority"), peers.new_key(tmp_path / "key")
    expired = certified(authority, key, tmp_path / "key-cert.pub", "-1h")
    login = Credentials(peers.USER, key=tmp_path / "key", certificate=expired)
    assert refusal(stack, signing, login).cause is Cause.AUTH_REFUSED
    assert signing.log.count("Failed publickey") <= 1
    assert "ED25519-CERT" in signing.log
    assert signing.log.count("userauth-request for user") - signing.log.count("method none") == 1


def test_a_certificate_that_is_none_of_the_key_is_bad_input(tmp_path: Path) -> None:
    authority, other = peers.new_key(tmp_path / "authority"), peers.new_key(tmp_path / "other")
    peers.new_key(tmp_path / "key")
    wrong = certified(authority, other, tmp_path / "wrong-cert.pub")
    (tmp_path / "junk").write_text("no certificate\n")
    for path, problem in (
        (wrong, "not the certificate of"),
        (tmp_path / "junk", "no certificate"),
        (tmp_path / "gone", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=problem):
            _ = Credentials("audit", key=tmp_path / "key", certificate=path).signed_key


@pytest.fixture
def vouched(tmp_path: Path) -> Iterator[peers.Sshd]:
    """A server whose key `authority` has signed for the name 127.0.0.1."""
    folder = tmp_path / "sshd"
    folder.mkdir()
    certificate = folder / "vouched-cert.pub"
    options = (f"HostKey {folder / 'vouched'}", f"HostCertificate {certificate}")
    authority, key = peers.new_key(tmp_path / "authority"), peers.new_key(folder / "vouched")
    authority.generate_host_certificate(key, "host", principals=[peers.LOOPBACK]).write_certificate(certificate)
    with peers.sshd(folder, *options) as server:
        yield server


def trusting(folder: Path, *lines: str) -> trust.KnownHosts:
    (folder / "known").write_text("\n".join(lines))
    return trust.read(folder / "known")


def test_a_host_is_trusted_by_its_certificate(vouched: peers.Sshd, tmp_path: Path) -> None:
    authority = (tmp_path / "authority.pub").read_text().strip()
    for pattern in ("*", str(vouched.host), peers.LOOPBACK, "127.0.0.*,*.city.vn"):
        known = trusting(tmp_path, f"@cert-authority {pattern} {authority}")
        assert said("shell", vouched, vouched.login, known).stdout == "hello\n"


def test_a_certificate_counts_for_its_authority_its_host_and_its_time_alone(
    vouched: peers.Sshd, tmp_path: Path
) -> None:
    authority = (tmp_path / "authority.pub").read_text().strip()
    peers.new_key(tmp_path / "stranger")
    stranger = (tmp_path / "stranger.pub").read_text().strip()
    signed = (vouched.folder / "vouched.pub").read_text().strip()
    for lines in (
        [f"@cert-authority * {stranger}"],
        [f"@cert-authority 192.0.2.* {authority}"],
        [f"@cert-authority * {authority}", f"@revoked * {authority}"],
        [f"@cert-authority * {authority}", f"@revoked * {signed}"],
        [f"* {authority}"],
    ):
        cause = refusal("shell", vouched, vouched.login, trusting(tmp_path, *lines)).cause
        assert cause in {Cause.HOST_KEY_UNKNOWN, Cause.HOST_KEY_CHANGED}, lines
    assert "userauth-request" not in vouched.log


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "sshd"
    folder.mkdir()
    authority, key = peers.new_key(tmp_path / "authority"), peers.new_key(folder / "vouched")
    certificate = authority.generate_host_certificate(key, "host", principals=["192.0.2.7"])
    certificate.write_certificate(folder / "vouched-cert.pub")
    options = (f"HostKey {folder / 'vouched'}", f"HostCertificate {folder / 'vouched-cert.pub'}")
    known = trusting(tmp_path, f"@cert-authority * {(tmp_path / 'authority.pub').read_text()}")
    with peers.sshd(folder, *options) as server:
        assert refusal("shell", server, server.login, known).cause is Cause.HOST_KEY_UNKNOWN
        assert "userauth-request" not in server.log


@pytest.mark.skipif(not peers.has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_from_trust_to_answer(stack: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path, address="::1") as server:
        assert str(server.host) == f"[::1]:{server.host.port}"
        shown = asyncio.run(trust.fetch(server.host, QUICK))
        trust.pin(tmp_path / "known_hosts", [shown])
        assert said(stack, server, server.login, trust.read(tmp_path / "known_hosts")).stdout == "hello\n"
        closed = HostPort("::1", peers.free_port())
        with pytest.raises(Unreached) as caught:
            asyncio.run(ask(stack, closed, server.login, server.known(), [HELLO]))
        assert caught.value.cause is Cause.REFUSED


def test_a_login_shell_that_is_not_posix(stack: str, tmp_path: Path) -> None:
    tcsh = shutil.which("tcsh")
    assert tcsh is not None, "tests/packages.txt lists tcsh"
    start = f'exec {tcsh} -c "$SSH_ORIGINAL_COMMAND"' if stack == "shell" else f"exec {tcsh} -i"
    question = Question("x='a b'; for n in 1 2; do printf '%s\\n' \"$x$n\"; done; exit 3")
    with peers.sshd(tmp_path, f"ForceCommand {start}") as server:
        reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [question, HELLO]))[question]
    assert (reply.stdout, reply.exit_status, reply.cause) == ("a b1\na b2\n", 3, None)
