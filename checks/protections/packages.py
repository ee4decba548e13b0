"""Is the system still supported, and does it have the security updates that exist?"""

from __future__ import annotations

import re

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX, RED_HAT
from checks.readers import sources
from checks.readers.releases import RELEASE, release
from checks.readers.sources import APT_CONFIG, MAIN, SOURCES
from checks.readers.updates import ADVISORIES, UPDATES, Updates, advisories, updates
from checks.reading import closed, complete, texts, unreadable
from checks.upgraded import is_supported, is_up_to_date

UNCHECKED = re.compile(
    r"^\s*deb\S*\s+\[[^\]]*\b(?:trusted|allow-insecure)=yes|^\s*(?:Trusted|Allow-Insecure):\s*yes"
    r"|\b(?:AllowUnauthenticated|AllowInsecureRepositories)[\s\"]+(?:true|yes|1)|^\s*gpgcheck\s*=\s*(?:0|no|false)",
    re.I,
)
CHECKED = re.compile(r"\s*gpgcheck\s*=\s*(?:1|yes|true)\b", re.I)
DNF_AUTOMATIC = Question(
    closed(
        "{ grep -s '^[a-z]' /etc/dnf/automatic.conf || true; } &&"
        " find /etc/systemd/system -path '*.wants/dnf-automatic*.timer' -printf 'timer %f\\n'"
    )
)


def _outstanding(want: Want) -> Question:
    return ADVISORIES if want.asset.platform in RED_HAT else UPDATES


def _named_in(want: Want) -> tuple[Question, ...]:
    return (SOURCES,) if want.asset.platform in RED_HAT else (SOURCES, APT_CONFIG)


def _by_itself(want: Want) -> Question:
    return DNF_AUTOMATIC if want.asset.platform in RED_HAT else APT_CONFIG


@asks(SOURCES, platforms=LINUX)
def signatures_checked(host: Host, want: Want) -> Verdict:
    """No source of packages is trusted blindly, and the packages' signatures are looked at."""
    files = texts(host, SOURCES)
    known = [path for path in files if path.startswith(("/etc/apt/", "/etc/dnf/", "/etc/yum"))]
    if not known:
        raise unreadable("no source of packages")
    bad = [f"{path}: {line.strip()}" for path in known for line in files[path] if UNCHECKED.search(line)]
    if want.asset.platform in RED_HAT and not any(CHECKED.match(line) for path in MAIN for line in files.get(path, ())):
        bad.append("gpgcheck=1: –")
    return judged(not bad, "≠ trusted=yes, AllowUnauthenticated, gpgcheck=0", "; ".join(bad) or "OK")


@asks(_named_in, platforms=LINUX)
def central_server(host: Host, want: Want) -> Verdict:
    """Every source of packages leads to a declared patch server, and one at least is not on the host itself."""
    found = sources.dnf(host) if want.asset.platform in RED_HAT else sources.apt(host)
    servers = want["patch_servers"]
    far = [source for source in found if source.hosts]
    astray = [source for source in far if not source.leads_to(servers)]
    actual = "; ".join(dict.fromkeys(map(str, astray or found)))
    return judged(bool(far) and not astray, f"patch_servers: {', '.join(servers) or '–'}", actual or "–")


@asks(RELEASE, platforms=LINUX)
def supported_release(host: Host, want: Want) -> Verdict:
    """The release still receives security updates on the day of the asking."""
    return is_supported(release(host), want)


@asks(_outstanding, platforms=LINUX)
def security_updates(host: Host, want: Want) -> Verdict:
    """No installed package is older than the one its security suite offers. Old lists prove nothing."""
    return is_up_to_date(_updates(host, want), want)


@asks(_outstanding, platforms=LINUX)
def lists_fresh(host: Host, want: Want) -> Verdict:
    """The list of the security suite was fetched within the allowed number of days."""
    allowed = want["package_lists_max_age_days"]
    age = _updates(host, want).age_days
    return judged(age is not None and age <= allowed, f"≤ {allowed} d", "–" if age is None else f"{age:.1f} d")


@asks(_by_itself, platforms=LINUX)
def automatic_updates(host: Host, want: Want) -> Verdict:
    """Lists are fetched and security updates installed by themselves, and the program for it is there."""
    if want.asset.platform in RED_HAT:
        return _dnf_automatic(host)
    lines = complete(host, APT_CONFIG)
    values = {name: value for line in lines for name, value in re.findall(r'^APT::Periodic::(\S+) "(.*)";$', line)}
    if not any(line.startswith("APT::Architecture ") for line in lines):
        raise unreadable("apt-config dump")
    tool = any(line.endswith("/unattended-upgrade") for line in lines)
    on = ("Update-Package-Lists", "Unattended-Upgrade")
    active = all(_switched_on(values.get(name, "0")) for name in on) and _switched_on(values.get("Enable", "1"))
    found = [*(f'{name} "{values.get(name, "")}"' for name in ("Enable", *on) if name in values or name in on)]
    actual = ", ".join([*found, f"unattended-upgrade: {'OK' if tool else '–'}"])
    return judged(active and tool, ", ".join(f'{name} "1"' for name in on), actual)


def _switched_on(value: str) -> bool:
    """apt.systemd.daily takes 0 and an empty value for never, anything else for an interval."""
    return value not in {"", "0"}


def _updates(host: Host, want: Want) -> Updates:
    return advisories(host) if want.asset.platform in RED_HAT else updates(host)


def _dnf_automatic(host: Host) -> Verdict:
    """dnf-automatic applies what it fetches: by its settings, or by the timer that always does (dnf-automatic(8))."""
    lines = complete(host, DNF_AUTOMATIC)
    timers = [line.removeprefix("timer ") for line in lines if line.startswith("timer ")]
    settings = dict(re.findall(r"^(\w+)\s*=\s*(\S+)", "\n".join(lines), re.M))
    applies = settings.get("apply_updates", "no").lower() in {"yes", "true", "1"}
    active = "dnf-automatic-install.timer" in timers or ("dnf-automatic.timer" in timers and applies)
    actual = f"apply_updates = {settings.get('apply_updates', '–')}; {', '.join(timers) or 'timer: –'}"
    return judged(active, "dnf-automatic.timer, apply_updates = yes", actual)
