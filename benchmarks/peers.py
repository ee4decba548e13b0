"""The peers, installed from the registries beside the project, and what versions everything has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks.rig import PEERS
from benchmarks.timing import quietly

PYTHON_PEERS = ("pytest-testinfra[paramiko]==10.2.*", "paramiko>=4,<5", "pytest-xdist==3.*", "ansible-core==2.19.*")
LYNIS = "lynis"
STAMP = PEERS / "peers.txt"


def install(work: Path) -> None:
    """The Python peers into their own environment; Lynis unpacked below `work`, and not installed."""
    wanted = "\n".join(PYTHON_PEERS)
    if not STAMP.exists() or STAMP.read_text(encoding="ascii") != wanted:
        quietly([sys.executable, "-m", "venv", "--clear", str(PEERS)])
        quietly([str(PEERS / "bin/python"), "-m", "pip", "install", "-q", *PYTHON_PEERS])
        STAMP.write_text(wanted, encoding="ascii")
    folder = work / LYNIS
    folder.mkdir()
    subprocess.run(["apt-get", "download", "-qq", LYNIS], cwd=folder, stderr=subprocess.DEVNULL, check=True)
    package = next(folder.glob("*.deb"))
    quietly(["dpkg", "-x", str(package), str(folder / "tree")])


def versions(work: Path) -> Iterator[tuple[str, str]]:
    """Name and version of all that took part."""
    yield "OpenSSH", _said(["ssh", "-V"]).split(",")[0].removeprefix("OpenSSH_")
    for name in ("asyncssh", "netmiko", "paramiko", "cryptography"):
        yield name, version(name)
    if STAMP.exists():
        listed = _said([str(PEERS / "bin/python"), "-m", "pip", "list", "--format", "freeze"]).splitlines()
        found = dict(line.split("==") for line in listed if "==" in line)
        for name in ("pytest-testinfra", "pytest-xdist", "paramiko", "ansible-core"):
            yield f"{name} (peer)", found.get(name, "-")
    for package in (work / LYNIS).glob("*.deb"):
        yield "Lynis", package.name.split("_")[1]
    yield "Python", sys.version.split()[0]


def _said(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).strip()
