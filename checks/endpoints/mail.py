"""Can anyone send mail in the city's name? What the domain's public records tell those who receive it."""

from __future__ import annotations

import re

from checks.endpoints import questions
from checks.endpoints.questions import PLATFORMS
from checks.endpoints.replies import is_open, records
from checks.model import Question, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host, unreadable

PORTS = (25, 465, 587)  # SMTP, submission over TLS, submission (RFC 5321, 8314)
ENFORCED = ("quarantine", "reject")
ALL = re.compile(r"([-~?+]?)all", re.I)
SPF, DMARC = re.compile(r"v=spf1(?: |$)", re.I), re.compile(r"v=DMARC1[\t ]*(?:;|$)")
EXPECTED = "DMARC p=quarantine / p=reject; SPF -all / ~all"
NONE = "–"


def _asked(want: Want) -> tuple[Question, ...]:
    if domains := want["mail_domains"]:
        return tuple(questions.texts(name) for domain in domains for name in (domain, *_policies(domain)))
    return tuple(questions.connect(port) for port in PORTS)


@asks(_asked, platforms=PLATFORMS)
def domains_authenticated(host: Host, want: Want) -> Verdict:
    """Every mail domain says who may send for it (SPF, RFC 7208), and has the rest refused (DMARC, RFC 7489)."""
    domains = want["mail_domains"]
    if not domains:
        taking = [port for port in PORTS if is_open(host, port)]
        return judged(False, "mail_domains", f"{taking[0]}/tcp") if taking else not_applicable("SMTP: –")
    told = {domain: (_policy(host, domain), _senders(host, domain)) for domain in domains}
    good = all(policy in ENFORCED and senders in ("-all", "~all") for policy, senders in told.values())
    return judged(good, EXPECTED, "; ".join(f"{name}: p={p}, {all_}" for name, (p, all_) in told.items()))


def _policies(domain: str) -> tuple[str, ...]:
    """The names where its policy may stand: its own, and those above it (RFC 7489 §6.6.3; DMARCbis walks up)."""
    labels = domain.rstrip(".").split(".")
    return tuple(f"_dmarc.{'.'.join(labels[first:])}" for first in range(max(1, len(labels) - 1)))


def _policy(host: Host, domain: str) -> str:
    """The policy for the domain itself; "–" where there is none, or several, which count as none."""
    for name in _policies(domain):
        found = [text for text in records(host, questions.texts(name)) if DMARC.match(text)]
        if len(found) == 1:
            tags = {key.strip(): value.strip() for key, _, value in (one.partition("=") for one in found[0].split(";"))}
            policy = tags.get("p", NONE) if name == _policies(domain)[0] else tags.get("sp", tags.get("p", NONE))
            return policy.lower() if tags.get("pct", "100") == "100" else f"{policy} pct={tags['pct']}"
        if found:
            return NONE
    return NONE


def _senders(host: Host, domain: str) -> str:
    """How its record of senders ends: `-all`. Raises `Unknown` where it sends its readers on to another record."""
    found = [text for text in records(host, questions.texts(domain)) if SPF.match(text)]
    if len(found) != 1:
        return NONE
    terms = found[0].split()[1:]
    ends = [end for term in terms if (end := ALL.fullmatch(term))]
    if not ends and any(term.lower().startswith("redirect=") for term in terms):
        raise unreadable(f"SPF of {domain}", found[0])
    return f"{ends[0][1] or '+'}all" if ends else NONE
