"""Does something in front of a web service stop what attacks it? Seen by trying, with requests that harm nobody."""

from __future__ import annotations

from urllib.parse import quote

from checks.endpoints import questions
from checks.endpoints.questions import PLATFORMS, WEB
from checks.endpoints.replies import Page, page
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
STOPPED = (403, 406)
EXPECTED = " / ".join(map(str, STOPPED))


def _path(front: str, value: str) -> str:
    return f"{front}?ra-soat={quote(value, safe='')}"


def _trials(want: Want) -> tuple[Question, ...]:
    """Nothing where the service is no web service, or where its owner lets no page be tried."""
    pages = want["web_firewall_pages"] if want.asset.platform == WEB else ()
    return tuple(questions.page(want, _path(one, value)) for one in pages for value in (HARMLESS, *ATTACKS.values()))


@asks(_trials, platforms=PLATFORMS)
def firewall(host: Host, want: Want) -> Verdict:
    """Requests that carry a well-known attack are refused, where the same request without it is served.

    It takes the owner's word to try: only the pages of `web_firewall_pages` are asked, each with a parameter
    `ra-soat`. A firewall that answers with a page of its own under status 200, or ends the connection, cannot be told
    from a service that took the attack or broke down by it, nor a limit on how often one asks (429) from either: that
    is `unknown`, and is shown in the firewall's console.
    """
    if want.asset.platform != WEB:
        return not_applicable(f"platform: {want.asset.platform}")
    if not want["web_firewall_pages"]:
        raise Unknown(Cause.NOT_RUN, "web_firewall_pages: –")
    found = [(one, name, _answer(host, want, one, name)) for one in want["web_firewall_pages"] for name in ATTACKS]
    actual = ", ".join(f"{one} {name}: {answer.status}" for one, name, answer in found)
    return judged(all(answer.status in STOPPED for _, _, answer in found), EXPECTED, actual)


def _answer(host: Host, want: Want, front: str, attack: str) -> Page:
    """What came of an attack. Raises `Unknown` where it is neither refused nor served as what is harmless."""
    harmless = page(host, want, _path(front, HARMLESS))
    if harmless.status in STOPPED:
        raise unreadable(front, f"{harmless.status} without an attack, too")
    found = page(host, want, _path(front, ATTACKS[attack]))
    if found.status not in STOPPED and not found.is_as(harmless):
        raise unreadable(front, f"{attack}: {found.status}, and not as without it ({harmless.status})")
    return found
