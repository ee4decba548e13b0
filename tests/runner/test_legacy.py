"""Devices and servers that know nothing but SHA-1: reached where the inventory says so, told apart where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from checks.model import Cause, Question, Reply
from inventory.model import Login
from runner import kept, walk
from runner.plan import Selection
from runner.sessions import device, shell, trust
from runner.sessions.base import HostPort, Limits, Session, Unreached
from runner.sessions.credentials import Credentials
from tests.runner import city, devices, peers
from tests.runner.sessions import ask

pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
LIMITS = Limits(connect=1.0, login=5.0, host=20.0)
VERSION = Question("show version")
KEX, KEY = "diffie-hellman-group14-sha1", "ssh-rsa"
# What a switch of 2012 offers, one thing too old at a time and all together
OLD: Mapping[str, dict[str, Any]] = {
    KEX: {"kex_algs": [KEX]},
    "diffie-hellman-group1-sha1": {"kex_algs": ["diffie-hellman-group1-sha1"]},
    "aes128-cbc": {"encryption_algs": ["aes128-cbc"]},
    "3des-cbc": {"kex_algs": [KEX], "encryption_algs": ["3des-cbc"], "mac_algs": ["hmac-sha1"]},
}


async def asked(there: devices.Device, folder: Path, *, legacy: bool, stack: str = "device") -> Reply:
    login, known = Credentials("audit", password=peers.PASSWORD), there.known(folder)
    with ThreadPoolExecutor(1) as threads:
        session: Session
        if stack == "shell":
            session = await shell.connect(there.host, login, known, frozenset(), LIMITS, legacy=legacy)
            await session.close()
            return city.reply(VERSION, "connected")
        terminal = device.Terminal("cisco_ios", there.host, login, LIMITS, legacy=legacy)
        session = await device.connect(terminal, known.keys(there.host), frozenset([VERSION]), threads)
        try:
            return (await session.ask([VERSION]))[VERSION]
        finally:
            await session.close()


@pytest.mark.parametrize("stack", ["device", "shell"])
@pytest.mark.parametrize("old", OLD)
def test_what_is_too_old_is_reached_only_where_the_asset_says_so(stack: str, old: str, tmp_path: Path) -> None:
    async def meet() -> Unreached:
        async with devices.device(devices.CISCO, asyncssh.generate_private_key(KEY), **OLD[old]) as there:
            assert (await asked(there, tmp_path, legacy=True, stack=stack)).cause is None
            users = len(there.users)
            with pytest.raises(Unreached) as caught:
                await asked(there, tmp_path, legacy=False, stack=stack)
            assert len(there.users) == users
            return caught.value

    unreached = asyncio.run(meet())
    assert unreached.cause is Cause.REFUSED
    assert all(name in unreached.detail for name in next(iter(OLD[old].values())))
    assert "legacy_ssh: true" in unreached.detail


@pytest.mark.parametrize("kind", ["server", "device"])
def test_the_inventory_decides(kind: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path / "sshd", *SHA1_ONLY, host_key="ssh-rsa") as server:
        (tmp_path / "known_hosts").write_text(server.line)
        (tmp_path / "key").write_bytes((server.folder / "user").read_bytes())
        login = Login(id="audit", user=peers.USER, key="key")
        place = {"address": server.host.address, "port": server.host.port, "kind": kind, "platform": "frr"}
        assets = [city.asset("old", **place, legacy_ssh=True), city.asset("unsaid", **place)]
        done = walk.audit(
            city.inventory(tmp_path, assets, login),
            city.catalogue([city.says_hello]),
            Selection(),
            program="test",
            limits=LIMITS,
        )
        assert "kex: algorithm: diffie-hellman-group14-sha1" in server.log
        assert "kex: host key algorithm: ssh-rsa" in server.log
    found = kept.read(done.folder).outcomes
    assert (found["old"].state, found["unsaid"].cause) == ("reviewed", Cause.REFUSED)
    assert f"key exchange {KEX}; host key {KEY}. Renew its SSH" in found["unsaid"].findings[0].actual


SHA1_ONLY = (f"KexAlgorithms {KEX}", f"HostKeyAlgorithms {KEY}", "Ciphers aes128-ctr", "MACs hmac-sha1")


def test_the_key_of_an_old_device_can_be_fetched(tmp_path: Path) -> None:
    with peers.sshd(tmp_path, *SHA1_ONLY, host_key="ssh-rsa") as server:
        shown = asyncio.run(trust.fetch(HostPort(*server.host), LIMITS))
    assert shown.kind == "ssh-rsa"


@pytest.mark.parametrize("stack", ["device", "shell"])
def test_a_key_that_only_signs_with_sha1_is_told_as_such(stack: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path, f"HostKeyAlgorithms {KEY}", host_key="ssh-rsa") as server:
        with pytest.raises(Unreached) as caught:
            asyncio.run(ask(stack, server.host, server.login, server.known(), [VERSION]))
        assert "userauth-request" not in server.log
    assert caught.value.cause is Cause.REFUSED
    assert "only algorithms of old: host key ssh-rsa. Renew" in caught.value.detail
