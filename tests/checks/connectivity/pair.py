"""Two real routers with a wire between them: FRR, sshd's configuration, rsyslog, chrony and nftables in namespaces.

    west wan0 10.9.0.1 ── 10.9.0.2 up0 east

Both are gone when their first process is: processes, mounts, interfaces and addresses belong to its namespaces.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checks.model import Question

WEST, EAST = "10.9.0.1", "10.9.0.2"
WEST_LAN, EAST_LAN = "10.9.1.1", "10.9.2.1"
FOLDERS = ("/etc", "/var/log", "/var/lib/chrony", "/var/spool/rsyslog", "/root", "/home")
# Process 1: folders of its own over those of the machine underneath, then the daemons; `wire` is made from outside.
START = """
set -e
mount -t tmpfs tmpfs /run && mkdir -p /run/upper /run/sshd && install -d -o frr -g frrvty -m 775 /run/frr
install -d -o _chrony -g _chrony -m 750 /run/chrony
for folder in {folders}; do
    mkdir -p /run/upper$folder /run/work$folder
    mount -t overlay overlay -o lowerdir=$folder,upperdir=/run/upper$folder,workdir=/run/work$folder $folder
done
rm -rf /etc/ssh/sshd_config.d/* /etc/rsyslog.d/* /home/* /root/.ssh /var/lib/chrony/*
cp -r --no-preserve=ownership {config}/etc/. /etc/
chown -R frr:frr /etc/frr && chmod 755 /etc/frr
ip link set lo up && ip address add {lan}/32 dev lo
while ! ip link show {interface} >/dev/null 2>&1; do sleep 0.05; done
ip address add {address}/30 dev {interface} && ip link set {interface} up
nft -f /etc/nftables.conf
/usr/lib/frr/zebra -d -A 127.0.0.1 -P 0 && /usr/lib/frr/ospfd -d -A 127.0.0.1 -P 0 && vtysh -b
rsyslogd && chronyd -x -F 1
exec >/dev/null 2>&1 </dev/null
while :; do sleep 3600 & wait $!; done
"""
FRR = """frr defaults traditional
hostname {name}
log syslog informational
interface {interface}
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 3
router ospf
 timers throttle spf 0 50 50
 network 10.9.0.0/16 area 0
"""
NFTABLES = """flush ruleset
table inet filter {
    set management { type ipv4_addr; flags interval; elements = { 10.9.0.0/30, 10.9.9.0/24 } }
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        meta l4proto { icmp, ospf } accept
        udp dport 123 accept
        tcp dport 22 ct state new meter guessing { ip saddr limit rate over 10/minute burst 10 packets } drop
        ip saddr @management tcp dport 22 accept
        tcp dport 8443 reject with tcp reset
    }
}
"""
SSHD = """Include /etc/ssh/sshd_config.d/*.conf
Port 22
AddressFamily inet
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin no
PasswordAuthentication no
AllowUsers rasoat-audit@10.9.9.0/24 quantri@10.9.9.0/24
ChannelTimeout session:shell=5m
"""
PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
_chrony:x:102:103:Chrony daemon,,,:/var/lib/chrony:/usr/sbin/nologin
frr:x:104:107:Frr routing suite,,,:/nonexistent:/usr/sbin/nologin
admin:x:999:999::/home/admin:/bin/sh
quantri:x:1000:1000:Quản trị hệ thống,,,:/home/quantri:/bin/bash
"""


@dataclass(frozen=True)
class Router:
    """One of the two; `pid` is its first process as seen from here."""

    name: str
    pid: int

    def run(self, command: str) -> str:
        """What the command prints in a shell of the router, complaints among it, as a terminal shows it."""
        return self._done(command).stdout

    def ask(self, questions: Iterable[Question]) -> tuple[Mapping[Question, str], Mapping[Question, int]]:
        """The replies and exit statuses as a session with the router gives them."""
        done = {question: self._done(question.command) for question in questions}
        return {q: told.stdout for q, told in done.items()}, {q: told.returncode for q, told in done.items()}

    def _done(self, command: str) -> subprocess.CompletedProcess[str]:
        into = ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-r", "-w"]
        return subprocess.run([*into, "sh", "-c", command], capture_output=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=30)  # fmt: skip


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Router, Router]]:
    """The two routers, adjacent to each other. Needs root."""
    with (
        _router(folder, "west", "wan0", WEST, WEST_LAN) as west,
        _router(folder, "east", "up0", EAST, EAST_LAN) as east,
    ):
        ends = ["wan0", "netns", str(west.pid), "type", "veth", "peer", "name", "up0", "netns", str(east.pid)]
        subprocess.run(["ip", "link", "add", *ends], check=True)
        until(lambda: '"Full' in west.run('vtysh -c "show ip ospf neighbor json"'))
        until(lambda: EAST_LAN in west.run('vtysh -c "show ip route ospf json"'))
        yield west, east


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it holds; an error if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.2)


@contextmanager
def _router(folder: Path, name: str, interface: str, address: str, lan: str) -> Iterator[Router]:
    config = folder / name
    _write(config, name, interface)
    start = START.format(folders=" ".join(FOLDERS), config=config, lan=lan, interface=interface, address=address)
    script = config / "start"
    script.write_text(start)
    log = (config / "log").open("w")
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    process = subprocess.Popen([*unshare, "sh", str(script)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until(lambda: bool(children.read_text().split()))
        yield Router(name, int(children.read_text()))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        log.close()


def _write(config: Path, name: str, interface: str) -> None:
    east = name == "east"
    files = {
        "frr/frr.conf": FRR.format(name=name, interface=interface),
        "frr/vtysh.conf": "",
        "nftables.conf": NFTABLES,
        "ssh/sshd_config": SSHD,
        "rsyslog.conf": 'module(load="imuxsock")\n$IncludeConfig /etc/rsyslog.d/*.conf\n*.* /var/log/syslog\n',
        "rsyslog.d/60-central.conf": "*.* @@10.9.9.9:514\n",
        "chrony/chrony.conf": "local stratum 3\nallow 10.9.0.0/16\n"
        if east
        else f"server {EAST} iburst minpoll 0\nport 0\n",
        "passwd": PASSWD,
        "shadow": "".join(f"{line.split(':')[0]}:*:20000:0:99999:7:::\n" for line in PASSWD.splitlines()),
    }
    for path, content in files.items():
        (config / "etc" / path).parent.mkdir(parents=True, exist_ok=True)
        (config / "etc" / path).write_text(content, encoding="utf-8")
    keygen = shutil.which("ssh-keygen") or "ssh-keygen"
    subprocess.run(
        [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(config / "etc/ssh/ssh_host_ed25519_key")], check=True
    )
    (config / "etc/shadow").chmod(0o640)
