"""Do the services of this host, and the libraries that they use, speak TLS as it should be spoken?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import LINUX, RED_HAT
from checks.readers.processes import PROCESSES, alive
from checks.readers.sockets import SOCKETS, listening
from checks.reading import LAST, LAST_SAYS, texts, unreadable

POLICY = "/etc/crypto-policies/config"
# Lines about TLS in the configuration of databases, mail servers and OpenSSL, and the policy of Red Hat's family.
SETTINGS = Question(
    "/usr/bin/grep -r -a -e ssl -e tls -e TLS -e secure_transport -e secure-transport -e SECLEVEL -e MinProtocol"
    f" -e DEFAULT -e FUTURE -e FIPS -e LEGACY -e {LAST_SAYS} /etc/postgresql"
    " /var/lib/pgsql/data/postgresql.conf /etc/mysql /etc/my.cnf /etc/my.cnf.d"
    f" /etc/postfix/main.cf /etc/dovecot /etc/ssl/openssl.cnf {POLICY} {LAST}",
    root=True,
)
POSTGRES, MYSQL = ("postgres", "postmaster"), ("mariadbd", "mysqld")
DATABASE_PORTS = {5432: POSTGRES, 3306: MYSQL}
SETTING = re.compile(r"\s*([\w.-]+)\s*=\s*(.*?)\s*(?:[#;].*)?$")
ON = {"on", "1", "true", "yes"}
OLD = re.compile(r"(?:SSLv[23]|TLSv1(?:\.[01])?|DTLSv1(?:\.0)?)$", re.I)
WEAK_LEVEL = re.compile(r"@SECLEVEL=[01]\b", re.I)


@asks(PROCESSES, SOCKETS, SETTINGS, platforms=LINUX)
def database(host: Host, _want: Want) -> Verdict:
    """Each database that other hosts can reach has TLS on (PostgreSQL) or demands it (MySQL, MariaDB)."""
    reached = {socket.port for socket in listening(host) if socket.protocol == "tcp"}
    open_ = [names for port, names in DATABASE_PORTS.items() if port in reached and alive(host, names)]
    if not open_:
        return not_applicable("PostgreSQL, MySQL, MariaDB: –")
    files = texts(host, SETTINGS)
    found = {"ssl": _last(files, ("/etc/postgresql", "/var/lib/pgsql"), "ssl")} if POSTGRES in open_ else {}
    if MYSQL in open_:
        found["require_secure_transport"] = _last(files, ("/etc/mysql", "/etc/my.cnf"), "require_secure_transport")
    actual = ", ".join(f"{name} = {value or '–'}" for name, value in found.items())
    return judged(all(value in ON for value in found.values()), "ssl = on | require_secure_transport = ON", actual)


@asks(PROCESSES, SETTINGS, platforms=LINUX)
def mail(host: Host, _want: Want) -> Verdict:
    """Postfix offers TLS and asks for passwords behind it alone; Dovecot demands TLS."""
    postfix, dovecot = "qmgr" in alive(host, ("qmgr",)), bool(alive(host, ("dovecot",)))
    if not postfix and not dovecot:
        return not_applicable("Postfix, Dovecot: –")
    files = texts(host, SETTINGS)
    wrong: list[bool] = []
    found: dict[str, str] = {}
    if postfix:
        found |= {
            name: _last(files, ("/etc/postfix",), name) for name in ("smtpd_tls_security_level", "smtpd_tls_auth_only")
        }
        wrong += [found["smtpd_tls_security_level"] not in {"may", "encrypt"}, found["smtpd_tls_auth_only"] != "yes"]
    if dovecot:
        found["ssl"] = _last(files, ("/etc/dovecot",), "ssl")
        wrong.append(found["ssl"] != "required")
    actual = ", ".join(f"{name} = {value or '–'}" for name, value in found.items())
    return judged(not any(wrong), "smtpd_tls_security_level = may, smtpd_tls_auth_only = yes; ssl = required", actual)


@asks(SETTINGS, platforms=LINUX)
def system_policy(host: Host, want: Want) -> Verdict:
    """Red Hat's policy is not LEGACY; elsewhere OpenSSL's configuration opens nothing that is older than TLS 1.2."""
    files = texts(host, SETTINGS)
    if want.asset.platform in RED_HAT:
        named = [line.strip() for line in files.get(POLICY, ()) if line.strip() and not line.startswith("#")]
        if not named:
            raise unreadable(POLICY)
        return judged(not named[-1].startswith("LEGACY"), "DEFAULT | FUTURE | FIPS", named[-1])
    lines = [line for line in files.get("/etc/ssl/openssl.cnf", ()) if not line.lstrip().startswith("#")]
    if not lines:
        raise unreadable("/etc/ssl/openssl.cnf")
    settings = [match for line in lines if (match := SETTING.match(line))]
    bad = [match[0].strip() for match in settings if _opens_old(match[1].lower(), match[2])]
    return judged(not bad, "MinProtocol ≥ TLSv1.2, SECLEVEL ≥ 2", ", ".join(bad) or "OK")


def _opens_old(name: str, value: str) -> bool:
    return (name == "minprotocol" and bool(OLD.match(value))) or (
        name == "cipherstring" and bool(WEAK_LEVEL.search(value))
    )


def _last(files: Mapping[str, Sequence[str]], folders: Iterable[str], name: str) -> str:
    """The last value of a setting in these files, in small letters; empty where none is set."""
    lines = (line for path in files if path.startswith(tuple(folders)) for line in files[path])
    values = [
        m[2].strip("'\"").lower() for line in lines if (m := SETTING.match(line)) and m[1].replace("-", "_") == name
    ]
    return values[-1] if values else ""
