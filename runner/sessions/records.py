"""The text records of a name, asked over DNS of the name server that this machine uses (RFC 1035 §3.3.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks.model import Cause
from runner.sessions.base import Unreached

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

SECONDS = 8.0  # in all, over every server and repetition


async def texts(name: str, resolver: Resolver | None = None) -> dict[str, Any]:
    """The answer's code and its texts, each put together from its strings. Raises `Unreached` where nobody answers."""
    import dns.asyncresolver  # noqa: PLC0415 - only mail domains need it
    import dns.exception  # noqa: PLC0415 - likewise
    import dns.resolver  # noqa: PLC0415 - likewise

    try:
        asked = resolver or dns.asyncresolver.Resolver()
        found = await asked.resolve(name, "TXT", lifetime=SECONDS, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return {"answer": "NXDOMAIN", "server": None, "texts": []}
    except dns.exception.Timeout as error:
        raise Unreached(Cause.TIMEOUT, str(error)) from error
    except dns.exception.DNSException as error:
        raise Unreached(Cause.DNS, str(error)) from error
    told = [b"".join(one.strings).decode("utf-8", "replace") for one in found.rrset or ()]
    return {"answer": "NOERROR", "server": found.nameserver, "texts": sorted(told)}
