"""Where a host's packages come from: apt's sources and proxies, dnf's repositories, and what each leads to.

Read after sources.list(5), apt-transport-http(1), apt-transport-mirror(1), dnf.conf(5) and rhsm.conf(5). Only what is
switched on counts. A list of mirrors that another server hands out may lead anywhere: only a proxy before it is known.
What snap, flatpak or a language's own installer fetch is not among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from configparser import ConfigParser, Error
from dataclasses import dataclass
from urllib.parse import urlsplit

from checks.model import Question
from checks.reading import LAST, Host, closed, complete, expected, texts, unreadable

MAIN = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
RHSM, MANAGED = "/etc/rhsm/rhsm.conf", "/etc/yum.repos.d/redhat.repo"
REPOSITORIES = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
# With the empty lines, which part the stanzas of a .sources file.
SOURCES = Question(
    "grep -R -a -v '^#' /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/mirrors /etc/apt/mirrors.txt"
    f" /etc/apt/apt.conf.d /etc/apt/apt.conf {' '.join(MAIN)} {' '.join(REPOSITORIES)} {RHSM} {LAST}"
)
# apt always knows its architecture and its folders: those lines show that it answered.
APT_CONFIG = Question(
    closed(
        "apt-config dump | grep -E -i"
        " '^(APT::(Architecture|Periodic::)|Acquire::https?::Proxy|Dir |Dir::Etc |Dir::Etc::source)'"
        " && { command -v unattended-upgrade || true; }"
    )
)
PLACES = {
    "dir": "",
    "dir::etc": "etc/apt",
    "dir::etc::sourcelist": "sources.list",
    "dir::etc::sourceparts": "sources.list.d",
}
SETTING = re.compile(r'(\S+) "(.*)";$')
ONE_LINE = re.compile(r"\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)")
OFF = ("0", "no", "false", "off", "without", "disable")
LOCAL = ("file", "cdrom", "copy", "media")
NO_PROXY = ("", "_none_", "direct")


@dataclass(frozen=True, slots=True)
class Source:
    """A source of packages in force: the file that names it, the hosts that it leads to, the nearest first.

    `hosts` are its proxy, where it has one, and its server; none for what lies on the host itself. One that `wanders`
    is handed a list of mirrors: its server is not where its packages come from.
    """

    file: str
    hosts: tuple[str, ...]
    wanders: bool = False

    def leads_to(self, servers: Iterable[str]) -> bool:
        """Its packages come from, or through, one of these servers."""
        known = self.hosts[:-1] if self.wanders else self.hosts
        return not {host.lower() for host in known}.isdisjoint(server.lower() for server in servers)

    def __str__(self) -> str:
        return f"{' → '.join(self.hosts) or '–'}{' → ?' * self.wanders} ({self.file})"


def apt(host: Host) -> list[Source]:
    """apt's sources. Raises `Unknown` for a line that is none, and where they are kept elsewhere."""
    settings = dict(_settings(complete(host, APT_CONFIG)))
    for name, usual in PLACES.items():
        if settings.get(name, "–").strip("/") != usual:
            raise unreadable("apt's sources are kept elsewhere", f"{name} {settings.get(name, '–')}")
    files = texts(host, SOURCES)
    return [_apt_source(path, uri, settings) for path, uri in _uris(files)]


def dnf(host: Host) -> list[Source]:
    """dnf's repositories, with what Red Hat's subscription gives. Raises `Unknown` where they are kept elsewhere."""
    files = texts(host, SOURCES)
    main = {key: value for path in MAIN for key, value in _sections(path, files).get("main", {}).items()}
    if "reposdir" in main:
        raise unreadable("dnf's repositories are kept elsewhere", main["reposdir"])
    listed = [path for path in files if path in MAIN or (path.startswith(REPOSITORIES) and path.endswith(".repo"))]
    found = [
        source
        for path in listed
        for name, section in _sections(path, files).items()
        if name != "main" and section.get("enabled", "1").lower() not in OFF
        for source in _repository(path, {"proxy": main.get("proxy", ""), **section})
    ]
    return [*found, *_subscription(files)] if any(source.file == MANAGED for source in found) else found


def _settings(dumped: Iterable[str]) -> Iterator[tuple[str, str]]:
    """name in small letters → value, of what apt-config dumps."""
    for line in dumped:
        if match := SETTING.match(line):
            yield match[1].lower(), match[2]


def _uris(files: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each file with each address that it names, a list of mirrors in a file of its own taken apart."""
    for path, uri in _written(files):
        if not uri.lower().startswith("mirror+file:"):
            yield path, uri
            continue
        kept = re.sub("^/+", "/", uri.partition(":")[2])
        if kept not in files:
            raise unreadable(path, uri)
        yield from ((kept, line.split()[0]) for line in files[kept] if line.strip())


def _written(files: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each file with each address that is written in it. apt reads no files of other names."""
    for path, lines in files.items():
        if path == "/etc/apt/sources.list" or (path.startswith("/etc/apt/sources.list.d/") and path.endswith(".list")):
            yield from ((path, uri) for uri in _one_line_style(path, lines))
        elif path.startswith("/etc/apt/sources.list.d/") and path.endswith(".sources"):
            yield from ((path, uri) for uri in _deb822_style(path, lines))


def _one_line_style(path: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            match = ONE_LINE.match(line)
            if match is None:
                raise unreadable(path, line)
            yield match[1]


def _deb822_style(path: str, lines: Iterable[str]) -> Iterator[str]:
    """The addresses of all stanzas but those with `Enabled: no`."""
    stanzas: list[dict[str, str]] = [{}]
    name = ""
    for line in lines:
        if not line.strip():
            stanzas.append({})
        elif line[0] in " \t" and name in stanzas[-1]:
            stanzas[-1][name] += f" {line.strip()}"
        else:
            field, colon, value = line.partition(":")
            if not colon:
                raise unreadable(path, line)
            name = field.strip().lower()
            stanzas[-1][name] = value.strip()
    for stanza in stanzas:
        if stanza.get("enabled", "yes").lower() not in OFF:
            yield from stanza.get("uris", "").split()


def _apt_source(path: str, uri: str, settings: Mapping[str, str]) -> Source:
    scheme = uri.partition(":")[0].lower()
    wanders = scheme.startswith("mirror")
    server = _server(uri) or ((uri,) if wanders else ())
    proxy = _apt_proxy(scheme.rpartition("+")[2].replace("mirror", "http"), server, settings)
    return Source(path, (*proxy, *server), wanders)


def _apt_proxy(scheme: str, server: Sequence[str], settings: Mapping[str, str]) -> tuple[str, ...]:
    """The proxy before a server, by apt's settings: https follows http's. One that a command finds is not known."""
    kinds = {"https": ("https", "http"), "http": ("http",)}.get(scheme, ())
    names = [f"acquire::{kind}::proxy" for kind in kinds]
    own = [f"{name}::{host.lower()}" for name in names for host in server]
    asked = [f"acquire::{kind}::{auto}" for kind in kinds for auto in ("proxy-auto-detect", "proxyautodetect")]
    for name in (*own, *(() if any(settings.get(one) for one in asked) else names)):
        if name in settings:
            return _proxy(settings[name])
    return ()


def _repository(path: str, section: Mapping[str, str]) -> Iterator[Source]:
    proxy = _proxy(section["proxy"])
    for kind in ("baseurl", "mirrorlist", "metalink"):
        for uri in re.split(r"[\s,]+", section.get(kind, "").strip()):
            if uri:
                wanders = kind != "baseurl"
                server = _server(uri) or ((uri,) if wanders else ())
                yield Source(path, (*proxy, *server) if server else (), wanders)


def _subscription(files: Mapping[str, Sequence[str]]) -> Iterator[Source]:
    """From where `subscription-manager` writes its repositories anew (rhsm.conf(5): baseurl, proxy_hostname)."""
    sections = _sections(RHSM, files)
    if address := sections.get("rhsm", {}).get("baseurl"):
        proxy = sections.get("server", {}).get("proxy_hostname", "")
        yield Source(RHSM, (*filter(None, [proxy]), *_server(address)))


def _sections(path: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, Mapping[str, str]]:
    """section → its settings, of an INI file."""
    parser = ConfigParser(strict=False, interpolation=None, default_section="")
    try:
        parser.read_string("\n".join(files.get(path, ())))
    except Error as error:
        raise unreadable(path, str(error).partition("\n")[0]) from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _proxy(address: str) -> tuple[str, ...]:
    if address.lower() in NO_PROXY:
        return ()
    return _server(address if "://" in address else f"http://{address}")


def _server(uri: str) -> tuple[str, ...]:
    """The host of an address; none for what lies on the host itself. Raises `Unknown` where it has none to tell."""
    scheme, _, _ = uri.partition(":")
    if scheme.lower().rpartition("+")[2] in LOCAL:
        return ()
    with expected(uri):
        found = urlsplit(uri).hostname
    if not found or "$" in found or "%" in found:
        raise unreadable("no server is named", uri)
    return (found,)
