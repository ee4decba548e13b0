"""Kernel settings that make a host hard to fool and hard to break."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.protections.questions import LINUX, SETTINGS
from checks.readers.kernel import KERNEL, running
from checks.reading import texts, unreadable

IPV4 = {
    "net/ipv4/conf/all/accept_redirects": "0",
    "net/ipv4/conf/default/accept_redirects": "0",
    "net/ipv4/conf/all/accept_source_route": "0",
    "net/ipv4/conf/default/accept_source_route": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/rp_filter": "12",
    "net/ipv4/icmp_echo_ignore_broadcasts": "1",
    "net/ipv4/tcp_syncookies": "1",
}
IPV6 = {
    "net/ipv6/conf/all/accept_redirects": "0",
    "net/ipv6/conf/default/accept_redirects": "0",
    "net/ipv6/conf/all/accept_source_route": "0",
    "net/ipv6/conf/default/accept_source_route": "0",
}
# The kinds of file systems and protocols that no server of an office needs, each with a history of holes.
UNUSED_MODULES = ("cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "dccp", "rds", "sctp", "tipc")
REFUSED = re.compile(r"/(?:usr/)?bin/(?:false|true)")
HARD_LIMIT = re.compile(r"\*\s+(?:hard|-)\s+core\s+0\s*$")
NO_DUMPS = re.compile(r"\|/(?:usr/)?bin/(?:false|true)\b")


@asks(KERNEL, platforms=LINUX)
def network_hardening(host: Host, _want: Want) -> Verdict:
    """Each setting has one of its good values (one digit each); those of IPv6 only where the kernel has IPv6."""
    return _each(host, IPV4, IPV6)


@asks(KERNEL, platforms=LINUX)
def address_randomisation(host: Host, _want: Want) -> Verdict:
    return _each(host, {"kernel/randomize_va_space": "2"})


@asks(KERNEL, platforms=LINUX)
def strange_packets_logged(host: Host, _want: Want) -> Verdict:
    """Packets from impossible addresses are logged."""
    return _each(host, {"net/ipv4/conf/all/log_martians": "1", "net/ipv4/conf/default/log_martians": "1"})


@asks(KERNEL, platforms=LINUX)
def icmp_hardening(host: Host, _want: Want) -> Verdict:
    """Neither bogus answers nor redirects of a gateway are taken."""
    gateways = {f"net/ipv4/conf/{scope}/secure_redirects": "0" for scope in ("all", "default")}
    return _each(host, {"net/ipv4/icmp_ignore_bogus_error_responses": "1", **gateways})


@asks(KERNEL, platforms=LINUX)
def forwarding_off(host: Host, _want: Want) -> Verdict:
    """A server is no router: it passes no packets on between networks."""
    return _each(host, {"net/ipv4/ip_forward": "0"}, {"net/ipv6/conf/all/forwarding": "0"})


@asks(KERNEL, platforms=LINUX)
def router_advertisements_off(host: Host, _want: Want) -> Verdict:
    """No stranger on the network tells the server its way, where the kernel has IPv6 at all."""
    return _each(host, {}, {f"net/ipv6/conf/{scope}/accept_ra": "0" for scope in ("all", "default")})


@asks(KERNEL, platforms=LINUX)
def addresses_hidden(host: Host, _want: Want) -> Verdict:
    """Ordinary users see neither the kernel's addresses nor its messages."""
    return _each(host, {"kernel/kptr_restrict": "12", "kernel/dmesg_restrict": "1"})


@asks(KERNEL, platforms=LINUX)
def tracing_limited(host: Host, _want: Want) -> Verdict:
    """A process may not look into another one of the same user (Yama); a kernel without Yama lets it."""
    value = running(host).values.get("kernel/yama/ptrace_scope", "–")
    return judged(value in {"1", "2", "3"}, "kernel/yama/ptrace_scope=1|2|3", f"kernel/yama/ptrace_scope={value}")


@asks(KERNEL, platforms=LINUX)
def links_protected(host: Host, _want: Want) -> Verdict:
    """Links and pipes that others leave in a common folder are not followed."""
    return _each(
        host,
        {
            "fs/protected_hardlinks": "1",
            "fs/protected_symlinks": "1",
            "fs/protected_fifos": "12",
            "fs/protected_regular": "12",
        },
    )


@asks(KERNEL, platforms=LINUX)
def bpf_restricted(host: Host, _want: Want) -> Verdict:
    """Ordinary users load no programs into the kernel."""
    return _each(host, {"kernel/unprivileged_bpf_disabled": "12"})


@asks(KERNEL, platforms=LINUX)
def magic_keys_off(host: Host, _want: Want) -> Verdict:
    """Keys at the console do no more than bring data to disk (16); a kernel without SysRq has no such keys."""
    value = running(host).values.get("kernel/sysrq", "0")
    return judged(value in {"0", "16"}, "kernel/sysrq=0|16", f"kernel/sysrq={value}")


@asks(KERNEL, SETTINGS, platforms=LINUX)
def core_dumps_off(host: Host, _want: Want) -> Verdict:
    """Programs with special rights leave no image of their memory, and others leave none on disk."""
    values, files = running(host).values, texts(host, SETTINGS)
    dumpable = _value(values, "fs/suid_dumpable")
    limited = any(HARD_LIMIT.match(line) for path in files if "/limits." in path for line in files[path])
    kept = [line for path in files if "/coredump.conf" in path for line in files[path] if line.startswith("Storage=")]
    pattern = _value(values, "kernel/core_pattern")
    none = limited or bool(NO_DUMPS.match(pattern)) or (kept[-1:] == ["Storage=none"] and "systemd-coredump" in pattern)
    actual = f"fs/suid_dumpable={dumpable}; * hard core 0: {'OK' if limited else '–'}; {pattern}; {', '.join(kept)}"
    return judged(dumpable == "0" and none, "fs/suid_dumpable=0; * hard core 0 | Storage=none", actual.rstrip("; "))


@asks(SETTINGS, platforms=LINUX)
def unused_modules_blocked(host: Host, _want: Want) -> Verdict:
    """File systems and protocols that a server does not need cannot be loaded, by name or by need."""
    return _blocked(host, UNUSED_MODULES)


@asks(SETTINGS, platforms=LINUX)
def usb_storage_blocked(host: Host, _want: Want) -> Verdict:
    """No removable disk can be mounted: its driver is not loaded."""
    return _blocked(host, ("usb-storage",))


@asks(KERNEL, platforms=LINUX)
def mandatory_access_control(host: Host, _want: Want) -> Verdict:
    """SELinux enforces now and at the next start, or AppArmor enforces profiles."""
    found = running(host)
    if found.selinux is not None:
        actual = f"selinux: enforce={found.selinux}, SELINUX={found.selinux_at_start or '–'}"
        return judged(found.selinux == "1" and found.selinux_at_start == "enforcing", "SELINUX=enforcing", actual)
    enforced = sum(profile.endswith("(enforce)") for profile in found.profiles)
    actual = f"apparmor: {enforced} enforce / {len(found.profiles)}"
    return judged(enforced > 0, "SELINUX=enforcing | apparmor: > 0 enforce", actual)


def _each(host: Host, needed: Mapping[str, str], where_known: Mapping[str, str] | None = None) -> Verdict:
    """Each setting has one of its good values, one digit each. Of `where_known`, a kernel may lack some."""
    found, optional = running(host).values, where_known or {}
    good = {**needed, **{name: value for name, value in optional.items() if name in found}}
    for name in good:
        _value(found, name)
    bad = [name for name, values in good.items() if found[name] not in tuple(values)]
    wanted = ", ".join(f"{name}={'|'.join(good[name])}" for name in bad)
    return judged(not bad, wanted or "OK", ", ".join(f"{name}={found[name]}" for name in bad) or "OK")


def _value(found: Mapping[str, str], name: str) -> str:
    if name not in found:
        raise unreadable(name)
    return found[name]


def _blocked(host: Host, modules: Sequence[str]) -> Verdict:
    files = texts(host, SETTINGS)
    lines = [
        line for path in files if path.startswith("/etc/modprobe.d/") and path.endswith(".conf") for line in files[path]
    ]
    words = [line.replace("-", "_").split() for line in lines]
    blocked = {word[1] for word in words if word[:1] == ["install"] and word[2:3] and REFUSED.fullmatch(word[2])}
    free = [module for module in modules if module.replace("-", "_") not in blocked]
    return judged(not free, f"install {' | '.join(modules)} /bin/false", f"{', '.join(free)}: –" if free else "OK")
