"""NetBox's REST API (version 4), read only, page by page. The token goes to the address given and nowhere else."""

from __future__ import annotations

import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from inventory.faults import BadInput

_PAGE = 200
_SECONDS = 30.0
_LARGEST = 50_000_000
_REFUSED = (401, 403)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another place: it becomes an error instead."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class NetBox:
    """One NetBox. `repr` shows no token."""

    url: str
    _authorization: str

    def __repr__(self) -> str:
        return f"NetBox({self.url!r})"

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """Verifies certificates and names; made once, since reading the authorities takes a tenth of a second."""
        context = ssl.create_default_context()
        return urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))

    def all(self, path: str, **wanted: str) -> Iterator[Mapping[str, Any]]:
        """Every object of a list such as `dcim/sites`. Raises `BadInput`.

        The next page is asked for by number and not by the address that the answer names, which may be another host's.
        """
        seen = 0
        while True:
            page = self._page(path, {**wanted, "limit": str(_PAGE), "offset": str(seen), "ordering": "id"})
            yield from page["results"]
            seen += len(page["results"])
            if page.get("next") is None or not page["results"]:
                return

    def _page(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        address = f"{self.url}/api/{path}/"
        request = urllib.request.Request(f"{address}?{urlencode(query)}")  # noqa: S310  # http or https: see `opened`
        request.add_unredirected_header("Authorization", self._authorization)
        request.add_header("Accept", "application/json")
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                page = json.loads(answer.read(_LARGEST))
        except urllib.error.HTTPError as error:
            with error:  # the answer is still open
                raise BadInput(f"{address}: {_said(error)}") from None
        except urllib.error.URLError as error:
            raise BadInput(f"{address}: cannot be reached ({error.reason}). {_mend(error.reason)}") from None
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{address}: the answer cannot be read ({type(error).__name__}). Is this a NetBox?"
            ) from None
        if not isinstance(page, dict) or not isinstance(page.get("results"), list):
            raise BadInput(f"{address}: the answer is not a list of NetBox's. Is this a NetBox of version 4?")
        return page


def opened(url: str, token: str) -> NetBox:
    """The NetBox at `url` (https; http on this machine alone). Raises `BadInput`; nothing is sent yet."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query:
        raise BadInput("--netbox takes an address such as https://netbox.example.vn, without user and query.")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise BadInput("--netbox: over http the token could be read on the way. Use https.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadInput("NetBox's token holds characters that no token has. Check what is kept there.")
    scheme = "Bearer" if token.startswith("nbt_") else "Token"  # second and first version of NetBox's tokens
    return NetBox(url.rstrip("/").removesuffix("/api"), f"{scheme} {token}")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _said(error: urllib.error.HTTPError) -> str:
    if error.code in _REFUSED:
        return "the token is refused. Check that it is valid and may read DCIM, IPAM and virtualisation."
    if 300 <= error.code < 400:  # noqa: PLR2004  # redirects
        return "redirects elsewhere. Give the address that it redirects to, if you trust it with the token."
    return f"answers {error.code}. Check the address, and that it is a NetBox of version 4."


def _mend(reason: object) -> str:
    if isinstance(reason, ssl.SSLError):
        return "Its certificate must be valid; for an authority of your own set SSL_CERT_FILE to its certificate."
    return "Check the address and the network."
