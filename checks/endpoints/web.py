"""Does something in front of a web service stop what attacks it? Seen by trying, with requests that harm nobody."""

from __future__ import annotations

from urllib.parse import quote

from checks.endpoints import questions
from checks.endpoints.questions import PLATFORMS, WEB
from checks.endpoints.replies import Tried, tried
from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host, unreadable

# What the first rules of every such firewall know, as the value of a parameter that no application has
# (OWASP Core Rule Set 3.3: REQUEST-941, -942, -930).
ATTACKS = {
    "XSS": "<script>alert(1)</script>",
    "SQL": "1' UNION SELECT password FROM users--",
    "path": "../../../../etc/passwd",
}
HARMLESS = "1"
STOPPED = (403, 406, 429)
EXPECTED = " / ".join(map(str, STOPPED))


def _question(want: Want, page: str, value: str) -> Question:
    return questions.page(want, f"{page}?ra-soat={quote(value, safe='')}")


def _trials(want: Want) -> tuple[Question, ...]:
    """Nothing where the service is no web service, or where its owner lets no page be tried."""
    pages = want["web_firewall_pages"] if want.asset.platform == WEB else ()
    return tuple(_question(want, page, value) for page in pages for value in (HARMLESS, *ATTACKS.values()))


@asks(_trials, platforms=PLATFORMS)
def firewall(host: Host, want: Want) -> Verdict:
    """Requests that carry a well-known attack are refused, where the same request without it is served.

    It takes the owner's word to try: only the pages of `web_firewall_pages` are asked, each with a parameter
    `ra-soat`. A firewall that answers with a page of its own under status 200 cannot be told from a service that
    took the attack, nor from one whose pages differ each time: that is `unknown`, and is shown in its console.
    """
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    if not want["web_firewall_pages"]:
        raise Unknown(Cause.NOT_RUN, "web_firewall_pages: –")
    found = [(page, name, _answer(host, want, page, name)) for page in want["web_firewall_pages"] for name in ATTACKS]
    actual = ", ".join(f"{page} {name}: {one}" for page, name, one in found)
    return judged(all(_is_stopped(one) for _, _, one in found), EXPECTED, actual)


def _answer(host: Host, want: Want, page: str, attack: str) -> Tried:
    """What came of an attack. Raises `Unknown` where it is neither refused nor served as what is harmless."""
    harmless = tried(host, _question(want, page, HARMLESS))
    if _is_stopped(harmless):
        raise unreadable(page, f"{harmless} without an attack, too")
    found = tried(host, _question(want, page, ATTACKS[attack]))
    if not _is_stopped(found) and found != harmless:
        raise unreadable(page, f"{attack}: {found}, and not as without it ({harmless})")
    return found


def _is_stopped(one: Tried) -> bool:
    return one.status is None or one.status in STOPPED
