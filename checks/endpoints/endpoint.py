"""Is a service endpoint kept well, seen from outside: what it speaks, whom it claims to be, what its pages tell?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from checks.endpoints import certificates, questions
from checks.endpoints.ciphers import STATIC_RSA, WEAK
from checks.endpoints.questions import FRONT, HTTP_PORT, NOWHERE, PLATFORMS, VERSIONS, WEB
from checks.endpoints.replies import Page, chain, is_open, page, plain_page, spoken, takes
from checks.model import Question, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host, unreadable
from inventory.model import HTTPS_PORT

MODERN = ("TLSv1.2", "TLSv1.3")  # RFC 8996 and RFC 7568 end all that came before
REDIRECTS = (301, 302, 303, 307, 308)
NOT_THERE = (403, 404, 405, 410)
NO_TLS = "no TLS"


def _versions(want: Want) -> tuple[Question, ...]:
    return tuple(questions.hello(want, version) for version in VERSIONS)


def _weak(want: Want) -> tuple[Question, ...]:
    return tuple(questions.hello(want, questions.BROADEST, suites) for suites in WEAK.values())


def _static(want: Want) -> Question:
    return questions.hello(want, questions.BROADEST, STATIC_RSA)


def _pages(want: Want) -> tuple[Question, ...]:
    """Nothing where the service is no web service."""
    return tuple(questions.page(want, path) for path in _paths(want)) if want.asset.platform == WEB else ()


def _paths(want: Want) -> tuple[str, ...]:
    return tuple(dict.fromkeys((FRONT, *want["endpoint_pages"])))


def _plain(want: Want) -> tuple[Question, ...]:
    return (questions.connect(HTTP_PORT), questions.plain_page(want)) if _has_plain_door(want) else ()


def _has_plain_door(want: Want) -> bool:
    """Port 80 of this address belongs to this service."""
    return want.asset.platform == WEB and (want.asset.port == HTTPS_PORT or HTTP_PORT in want.asset.ports)


def _administration(want: Want) -> tuple[Question, ...]:
    paths = (*want["endpoint_admin_pages"], NOWHERE) if want.asset.platform == WEB else ()
    return tuple(questions.page(want, path) for path in paths)


def _watched(want: Want) -> tuple[Question, ...]:
    return tuple(questions.connect(port) for port in _undeclared(want))


def _undeclared(want: Want) -> list[int]:
    declared = {want.asset.port, *want.asset.ports}
    return [port for port in want["watched_ports"] if port not in declared]


@asks(_versions, platforms=PLATFORMS)
def tls_versions(host: Host, want: Want) -> Verdict:
    """TLS 1.2 or 1.3 is spoken, and nothing older."""
    found = spoken(host, want)
    return judged(bool(found) and set(found) <= {*MODERN}, " / ".join(MODERN), ", ".join(found) or NO_TLS)


@asks(_versions, _weak, platforms=PLATFORMS)
def strong_ciphers(host: Host, want: Want) -> Verdict:
    """None of the suites that are broken, anonymous or no encryption at all is taken."""
    if not spoken(host, want):
        return judged(False, f"{', '.join(WEAK)}: –", NO_TLS)
    found = [f"{kind} (0x{suite})" for kind, suites in WEAK.items() if (suite := takes(host, want, suites))]
    return judged(not found, f"{', '.join(WEAK)}: –", ", ".join(found) or "–")


@asks(_versions, _static, platforms=PLATFORMS)
def forward_secrecy(host: Host, want: Want) -> Verdict:
    """No session's key is sent under the server's own: what is recorded today stays closed when that key is lost."""
    if not spoken(host, want):
        return judged(False, "static RSA: –", NO_TLS)
    found = takes(host, want, STATIC_RSA)
    return judged(found is None, "static RSA: –", f"static RSA (0x{found})" if found else "–")


@asks(questions.certificate, platforms=PLATFORMS)
def certificate_trusted(host: Host, want: Want) -> Verdict:
    """The chain that is sent leads to an authority that the city trusts; when it ends is not looked at here."""
    found = chain(host, want)
    issuer = certificates.called(found.own.issuer)
    return judged(not found.trouble, "trusted", f"{issuer}: {found.trouble}" if found.trouble else issuer)


@asks(questions.certificate, platforms=PLATFORMS)
def certificate_names(host: Host, want: Want) -> Verdict:
    """The certificate is for every name under which people call the service (RFC 9525)."""
    called, named = questions.names(want), certificates.names(chain(host, want).own)
    fits = all(certificates.covers(named, name) for name in called)
    return judged(fits, ", ".join(called), ", ".join(named) or "–")


@asks(questions.certificate, platforms=PLATFORMS)
def certificate_in_time(host: Host, want: Want) -> Verdict:
    """The certificate is valid now, and for so many days to come."""
    found, least = chain(host, want), want["certificate_min_days"]
    begins, ends = found.own.not_valid_before_utc, found.own.not_valid_after_utc
    left = (ends - found.asked) // timedelta(days=1)
    actual = f"{begins:%Y-%m-%d} – {ends:%Y-%m-%d}, {left} d"
    return judged(begins <= found.asked and left >= least, f"≥ {least} d", actual)


@asks(questions.certificate, platforms=PLATFORMS)
def certificate_strong(host: Host, want: Want) -> Verdict:
    """No certificate of the chain has a key that is too short, or is signed with SHA-1 or MD5.

    An authority's own certificate is trusted for itself: what it is signed with proves nothing.
    """
    own, *others = chain(host, want).certificates
    judged_by_signature = [own, *(one for one in others if one.subject != one.issuer)]
    weak = [w for one in judged_by_signature for w in certificates.weaknesses(one, want["rsa_min_bits"])]
    expected = f"RSA ≥ {want['rsa_min_bits']}, EC ≥ 256, SHA-2"
    return judged(not weak, expected, ", ".join(weak) or certificates.strength(own))


@asks(_plain, platforms=PLATFORMS)
def https_only(host: Host, want: Want) -> Verdict:
    """Port 80 is closed, or does nothing but send people to HTTPS under one of the service's names."""
    if not _has_plain_door(want):
        return not_applicable(f"port 80 belongs to another service than {questions.place(want)}")
    if not is_open(host, HTTP_PORT):
        return judged(True, "https://", f"{HTTP_PORT}: –")
    found = plain_page(host, want)
    to = urlsplit(found.value("location"))
    sent = found.status in REDIRECTS and to.scheme == "https" and (to.hostname or "") in questions.names(want)
    return judged(sent, "https://", f"{found.status} {found.value('location')}".strip())


@asks(_pages, platforms=PLATFORMS)
def strict_transport(host: Host, want: Want) -> Verdict:
    """Browsers are told to come back over HTTPS only, for long enough (HSTS, RFC 6797)."""
    least = want["hsts_min_seconds"]
    return _everywhere(host, want, f"max-age ≥ {least}", "strict-transport-security", lambda p: _max_age(p) >= least)


@asks(_pages, platforms=PLATFORMS)
def no_sniffing(host: Host, want: Want) -> Verdict:
    """Browsers are told to take a file for what the server calls it (X-Content-Type-Options: nosniff)."""
    name = "x-content-type-options"
    return _everywhere(host, want, "nosniff", name, lambda p: p.value(name).lower() == "nosniff")


@asks(_pages, platforms=PLATFORMS)
def no_framing(host: Host, want: Want) -> Verdict:
    """Other sites cannot show the pages in a frame of theirs (frame-ancestors of CSP, or X-Frame-Options)."""
    return _everywhere(host, want, "frame-ancestors / DENY / SAMEORIGIN", "x-frame-options", _is_frameless)


@asks(_pages, platforms=PLATFORMS)
def content_policy(host: Host, want: Want) -> Verdict:
    """A policy says where scripts may come from (Content-Security-Policy with default-src or script-src)."""
    name = "content-security-policy"
    wanted = {"default-src", "script-src"}
    return _everywhere(host, want, " / ".join(sorted(wanted)), name, lambda p: bool(wanted & _policy(p).keys()))


@asks(_pages, platforms=PLATFORMS)
def cookies_protected(host: Host, want: Want) -> Verdict:
    """Every cookie is sent over HTTPS only, is hidden from scripts and says which sites may have it sent."""
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    cookies = [cookie for path in _paths(want) for cookie in page(host, want, path).headers.get("set-cookie", ())]
    if not cookies:
        return not_applicable("Set-Cookie: –")
    bare = [f"{cookie.partition('=')[0]}: {', '.join(lacks)}" for cookie in cookies if (lacks := _lacking(cookie))]
    return judged(not bare, "Secure, HttpOnly, SameSite", "; ".join(bare) or f"{len(cookies)} ✔")


@asks(_pages, platforms=PLATFORMS)
def version_hidden(host: Host, want: Want) -> Verdict:
    """The pages do not tell which version of which program serves them."""
    names = ("server", "x-powered-by", "x-aspnet-version")
    expected = "0-9: –"
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    told = [p.value(name) for path in _paths(want) for p in [page(host, want, path)] for name in names]
    shown = [value for value in dict.fromkeys(told) if any(letter.isdigit() for letter in value)]
    return judged(not shown, expected, ", ".join(shown) or "–")


@asks(_administration, platforms=PLATFORMS)
def administration_apart(host: Host, want: Want) -> Verdict:
    """The pages of administrators are not served where the public comes in."""
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    nowhere = page(host, want, NOWHERE)
    found = [page(host, want, path) for path in want["endpoint_admin_pages"]]
    served = [one for one in found if one.status not in NOT_THERE and not one.is_as(nowhere)]
    if served and nowhere.status not in NOT_THERE:
        raise unreadable(f"the service answers {nowhere.status} for pages that it does not have")
    shown = ", ".join(f"{one.path}: {one.status}" for one in served)
    return judged(not served, ", ".join(f"{one.path}: –" for one in found), shown or "–")


@asks(_watched, platforms=PLATFORMS)
def declared_ports(host: Host, want: Want) -> Verdict:
    """Of the ports that are watched, none answers at this address but those that the inventory declares."""
    declared = sorted({want.asset.port, *want.asset.ports})
    found = [port for port in _undeclared(want) if is_open(host, port)]
    return judged(not found, ", ".join(map(str, declared)), ", ".join(map(str, found)) or "–")


def _everywhere(host: Host, want: Want, expected: str, name: str, good: Callable[[Page], bool]) -> Verdict:
    """A header that every page must have as `good` says."""
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    pages = [page(host, want, path) for path in _paths(want)]
    bad = [one for one in pages if not good(one)]
    return judged(not bad, expected, "; ".join(_shown(one, name) for one in bad or pages[:1]))


def _shown(page_: Page, name: str) -> str:
    return f"{page_.path} {name}: {page_.value(name) or '–'}"


def _max_age(page_: Page) -> int:
    directives = (one.strip().lower().partition("=") for one in page_.value("strict-transport-security").split(";"))
    ages = [value.strip('"') for name, _, value in directives if name.strip() == "max-age"]
    return int(ages[0]) if ages and ages[0].isdecimal() else 0


def _is_frameless(page_: Page) -> bool:
    ancestors = _policy(page_).get("frame-ancestors")
    if ancestors is not None:  # it is what browsers go by where both are sent (CSP level 2, §7.7.1)
        return "*" not in ancestors
    return page_.value("x-frame-options").upper() in ("DENY", "SAMEORIGIN")


def _policy(page_: Page) -> dict[str, list[str]]:
    """directive → its values, over all policies that the page sends."""
    words = [one.split() for one in page_.value("content-security-policy").replace(",", ";").split(";")]
    return {directive[0].lower(): directive[1:] for directive in words if directive}


def _lacking(cookie: str) -> list[str]:
    given = {one.strip().partition("=")[0].lower() for one in cookie.split(";")[1:]}
    return [f"{name} –" for name in ("Secure", "HttpOnly", "SameSite") if name.lower() not in given]
