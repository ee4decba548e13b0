"""What is written into a machine of the practice city: its files and daemons, as a well kept host has them.

The contents are data (common.yaml, server.yaml, router.yaml, and what some servers have besides); here they are filled
in for one host and written into its upper layer. A `Machine` is plain data until then, so that a fault can be planted
by changing it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, collapse_addresses
from pathlib import Path
from typing import Any

import jinja2
import yaml

from inventory.model import HTTPS_PORT
from lab.endpoints import Issued, Service
from lab.topology import (
    BACKBONE,
    CORE,
    DATABASES,
    DIRECTORY,
    DIRECTORY_NAME,
    DMZ,
    DNS_PORT,
    DOMAIN,
    FLOW_PORT,
    LANS,
    LDAPS_PORT,
    LOOPBACKS,
    MANAGEMENT,
    NAMES,
    NTP_PORT,
    OUTSIDE,
    PLATFORMS,
    SERVICE_PORT,
    SERVICES,
    SYSLOG_PORT,
    City,
    Host,
    auditor_address,
)

HERE = Path(__file__).parent
PRACTICE_NETWORKS = "10.72.0.0/13"
WORDS = jinja2.Environment(  # noqa: S701  # configuration files, not HTML
    undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)
AUDIT_RULES = r"""-D
-b 8192
-w /etc/passwd -p wa -k identity
-w /etc/group -p wa -k identity
-w /etc/shadow -p wa -k identity
-w /etc/gshadow -p wa -k identity
-w /etc/security/opasswd -p wa -k identity
-w /etc/sudoers -p wa -k scope
-w /etc/sudoers.d/ -p wa -k scope
-w /var/log/sudo.log -p wa -k actions
-w /etc/ssh/sshd_config -p wa -k sshd
-w /var/log/wtmp -p wa -k logins
-w /var/log/btmp -p wa -k logins
-w /var/log/lastlog -p wa -k logins
-w /etc/localtime -p wa -k time
-w /etc/hosts -p wa -k host
-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=unset -k process
-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -k time
-a always,exit -F arch=b64 -S sethostname,setdomainname -k host
-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset -k rights
-a always,exit -F arch=b64 -S chown,fchown,lchown,fchownat -F auid>=1000 -F auid!=unset -k rights
-a always,exit -F arch=b64 -S setxattr,lsetxattr,fsetxattr,removexattr -F auid>=1000 -F auid!=unset -k rights
-a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate -F exit=-EACCES -F auid>=1000 -k access
-a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate -F exit=-EPERM -F auid>=1000 -k access
-a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat -F auid>=1000 -F auid!=unset -k delete
-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -k modules
-a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=unset -k mounts
-e 2
"""


@dataclass(frozen=True, slots=True)
class File:
    """A file, or with `content` None a folder. Owner and group are names in the machine's own account files."""

    content: str | None
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    age_days: float = 0.0


@dataclass(frozen=True)
class Machine:
    """One host before it is started. `daemons` are shell commands by name, started in order."""

    host: Host
    files: Mapping[str, File]
    daemons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys that may log in, and the host's own key pair, as OpenSSH writes them."""

    audit: str
    admin: str
    host: str
    host_public: str


@dataclass(frozen=True, slots=True)
class Trust:
    """By what machines of one city know each other.

    The practice authority's certificate as PEM, the directory's own, and the key (hexadecimal) that proves the time.
    """

    authority: str
    directory: Issued
    time_key: str


def machine(
    host: Host, city: City, keys: Keys, sudo_commands: Iterable[str], trust: Trust, carried: Mapping[Service, Issued]
) -> Machine:
    """The well kept machine for `host`, with the web services that it carries, each with its certificate."""
    parts = [_part("common"), _part("router" if host.role == "router" else "server")]
    if host.role in PLATFORMS:
        parts.append(_part("web"))
    if host.role == DIRECTORY:
        parts.append(_part("directory"))
    if host.role == NAMES:
        parts.append(_part("names"))
    if host.role == "log":
        parts.append(_part("log"))
    packages = {name: version for part in parts for name, version in part["packages"].items()}
    daemons = {name: command for part in parts for name, command in part["daemons"].items()}
    if host.role in SERVICES and host.role not in PLATFORMS:
        daemons["service"] = _service(host)
    facts = {**_facts(host, city, packages), **_key_facts(keys), "sudo_commands": tuple(sudo_commands)}
    facts |= {"services": tuple(carried), "authority": trust.authority, "directory": trust.directory}
    facts["time_key"] = trust.time_key
    files = {path: file for service, issued in carried.items() for path, file in _web(service, issued)}
    for part in parts:
        for path, record in part["folders"].items():
            files[path] = File(None, int(record["mode"], 8), record.get("owner", "root"), record.get("group", "root"))
        for path, record in part["files"].items():
            files[_fill(path, facts)] = _file(record, facts)
    return Machine(host, files, {name: _fill(command, facts) for name, command in daemons.items()})


def write(machine: Machine, upper: Path) -> None:
    """Write the machine into its upper layer. Folders on the way are made as root's own."""
    users = _numbers(machine.files["/etc/passwd"])
    groups = _numbers(machine.files["/etc/group"])
    for path, file in {**machine.files, **_init(machine)}.items():
        target = upper / path.lstrip("/")
        if file.content is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.content, encoding="utf-8")
        os.chown(target, users[file.owner], groups[file.group])
        target.chmod(file.mode)
        if file.age_days:
            moment = (datetime.now(UTC) - timedelta(days=file.age_days)).timestamp()
            os.utime(target, (moment, moment))


def _init(machine: Machine) -> dict[str, File]:
    """Process 1, which starts the daemons, and the empty log folders that they expect."""
    words = "\n".join(machine.daemons.values())
    script = WORDS.from_string(_part("common")["init"]).render(daemons=words)
    return {"/usr/libexec/practice/init": File(script, 0o755)}


@lru_cache
def _part(name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = yaml.load((HERE / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return part


@lru_cache(maxsize=1024)
def _template(text: str) -> jinja2.Template:
    return WORDS.from_string(text)


def _fill(text: str, facts: Mapping[str, Any]) -> str:
    return _template(text).render(facts)


def _file(record: str | Mapping[str, Any], facts: Mapping[str, Any]) -> File:
    if isinstance(record, str):
        return File(_fill(record, facts))
    mode = int(record.get("mode", "0644"), 8)
    owner, group = record.get("owner", "root"), record.get("group", "root")
    return File(_fill(record["content"], facts), mode, owner, group)


def _facts(host: Host, city: City, packages: Mapping[str, str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    interfaces = tuple(city.ends_at(host.name))
    return {
        "host": host,
        "core": CORE,
        "ends": interfaces,
        "networks": (LOOPBACKS, BACKBONE, LANS, MANAGEMENT, DMZ, DATABASES, OUTSIDE),
        "management": (str(auditor_address().ip),),
        "practice_networks": PRACTICE_NETWORKS,
        "senders": tuple(map(str, collapse_addresses(_senders(city)))),
        "collector": city.address_of("log"),
        "time_server": city.address_of("time"),
        "directory_server": city.address_of(DIRECTORY),
        "directory_name": DIRECTORY_NAME,
        "directory_base": ",".join(f"dc={label}" for label in DOMAIN.split(".")),
        "time_sources": (str(OUTSIDE[10]),) if host.role == "time" else (city.address_of("time"),),
        "syslog_port": SYSLOG_PORT,
        "flow_port": FLOW_PORT,
        "udp_ports": (NTP_PORT, DNS_PORT, FLOW_PORT),
        "reached": tuple(_reached(host, city)),
        "name_server": city.address_of(NAMES),
        "domain": DOMAIN,
        "names": ((DIRECTORY_NAME, city.address_of(DIRECTORY)), *((one.name, one.address) for one in city.endpoints)),
        "machine_id": hashlib.md5(host.name.encode(), usedforsecurity=False).hexdigest(),
        "packages": packages,
        "package_index": _package_index(packages),
        "audit_rules": AUDIT_RULES,
        "service_script": _service_script,
        "today": (now.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days,
        "release_date": now.strftime("%a, %d %b %Y %H:%M:%S UTC"),
    }


def _web(service: Service, issued: Issued) -> Iterator[tuple[str, File]]:
    """What nginx serves: the front page, and the certificate with its key."""
    yield f"{service.folder}/index.html", File(service.page)
    for ending, content in (("pem", issued.certificate), ("key", issued.key)):
        yield f"/etc/nginx/tls/{service.endpoint.id}.{ending}", File(content, 0o600)


def _senders(city: City) -> Iterator[IPv4Network]:
    """From where the city's own machines ask its servers: networks that are in use, and none beside them."""
    yield from (MANAGEMENT, DMZ, OUTSIDE)
    yield from (city.lan_of(site.id).network for site in city.sites)
    yield from (router.address.network for router in city.routers)
    yield from (end.address.network for cable in city.cables for end in (cable.child, cable.parent))


def _reached(host: Host, city: City) -> Iterator[tuple[str, int]]:
    """Where a server opens connections to, beside the log collector and its clock: address and port."""
    for role in SERVICES:
        yield city.address_of(role), HTTPS_PORT if role in PLATFORMS else SERVICE_PORT
    yield city.address_of(DIRECTORY), LDAPS_PORT
    if host.role in SERVICES:
        yield str(OUTSIDE), HTTPS_PORT


def _service_script(name: str, program: str, options: str = "") -> str:
    return _fill(_part("common")["service-script"], {"name": name, "program": program, "options": options})


def _key_facts(keys: Keys) -> dict[str, str]:
    return {"audit_key": keys.audit, "admin_key": keys.admin, "host_key": keys.host, "host_key_pub": keys.host_public}


def _package_index(packages: Mapping[str, str]) -> str:
    """What the practice mirror offers: exactly what is installed."""
    empty = hashlib.sha256(b"").hexdigest()
    return "".join(
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: Practice city\n"
        f"Filename: pool/{name}.deb\nSize: 1\nSHA256: {empty}\nDescription: {name}\n\n"
        for name, version in packages.items()
    )


def _service(host: Host) -> str:
    where = f"--bind {host.address.ip} --directory /srv/app/www {host.ports[0]}"
    run_as = "setpriv --reuid www-data --regid www-data --clear-groups"
    return f"{run_as} python3 -m http.server {where} >/dev/null 2>&1 &"


def _numbers(accounts: File) -> dict[str, int]:
    """name → number, of a passwd or group file."""
    fields = [line.split(":") for line in (accounts.content or "").splitlines()]
    return {field[0]: int(field[2]) for field in fields if len(field) > 2}  # noqa: PLR2004  # name:x:number
