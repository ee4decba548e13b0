"""What a service endpoint can be asked, as text that stands in evidence: a port, a handshake, a certificate, a page.

    connect PORT                       does the port take a connection: open, refused, silent
    tls NAME:PORT VERSION [SUITES]     would it speak this version, with one of these suites (hexadecimal, IANA's)
    certificate NAME:PORT              the chain that it shows, and whether it leads to a trusted authority
    GET URL                            the head of the page, and the digest of its body; redirects are not followed
    TXT NAME                           the text records of a name, asked of this machine's name server (RFC 1035)

Each but the last is one connection of its own to the endpoint's declared address; NAME is what the server is asked for.
Every reply is one JSON object: cut anywhere, it is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Question, Want
from inventory.model import HTTPS_PORT

HTTP_PORT = 80
SECONDS = 10.0
CONNECT_SECONDS = 4.0
VERSIONS = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
BROADEST = "TLSv1.2"  # offered with it, a server may still choose an older one (RFC 5246 §E.1)
WEB, OTHER = "web", "tls"
PLATFORMS = (WEB, OTHER)  # a web service over TLS, any other service over TLS
FRONT = "/"
NOWHERE = "/ra-soat-khong-co-trang-nay"  # a page that no service has


def names(want: Want) -> tuple[str, ...]:
    """The names under which people call the endpoint."""
    return want.asset.names or (want.asset.address,)


def place(want: Want) -> str:
    """`NAME:PORT` of the service, as a URL has it."""
    return f"{_bracketed(names(want)[0])}:{want.asset.port}"


def connect(port: int) -> Question:
    return Question(f"connect {port}", seconds=CONNECT_SECONDS)


def hello(want: Want, version: str, suites: Sequence[int] = ()) -> Question:
    return Question(" ".join(["tls", place(want), version, *(f"{suite:04X}" for suite in suites)]), seconds=SECONDS)


def certificate(want: Want) -> Question:
    return Question(f"certificate {place(want)}", seconds=SECONDS)


def page(want: Want, path: str) -> Question:
    """A page of the service."""
    where = _bracketed(names(want)[0]) if want.asset.port == HTTPS_PORT else place(want)
    return Question(f"GET https://{where}{path}", seconds=SECONDS)


def plain_page(want: Want) -> Question:
    """The front page over HTTP."""
    return Question(f"GET http://{_bracketed(names(want)[0])}{FRONT}", seconds=SECONDS)


def texts(name: str) -> Question:
    """The text records of a domain."""
    return Question(f"TXT {name.rstrip('.')}.", seconds=SECONDS)


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name
