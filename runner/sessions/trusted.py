"""Which certificate authorities the city trusts: its own in `WORKSPACE/authorities/*.pem`, beside this machine's.

Where a machine keeps its public authorities is asked of its TLS library. A folder that holds none adds none.
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from inventory.faults import BadInput, Fault

# OpenSSL's x509_vfy.h, X509_V_FLAG_NO_CHECK_TIME: an expired certificate is told of by its days, not by its chain.
NO_CHECK_TIME = 0x200000
# OpenSSL's ssl.h, SSL_OP_LEGACY_SERVER_CONNECT: servers from before RFC 5746 have certificates, too.
LEGACY_SERVER_CONNECT = ssl.Options(0x4)
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"  # also what is weak: it is to be seen, and is judged by its own check


@dataclass(frozen=True)
class Authorities:
    """The trusted authorities as two contexts: one that takes any certificate, one that only takes a trusted chain."""

    anyone: ssl.SSLContext
    trusting: ssl.SSLContext
    count: int
    sha256: str


def read(folder: Path) -> Authorities:
    """The authorities of the workspace whose `authorities/` is `folder`. Raises `BadInput` for a file that is none."""
    trusting = _context()
    trusting.verify_mode = ssl.CERT_REQUIRED
    trusting.verify_flags = ssl.VerifyFlags(trusting.verify_flags | NO_CHECK_TIME)
    trusting.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for file in sorted(folder.glob("*.pem")):
        try:
            trusting.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError) as error:
            mend = "Put certificates in PEM there: -----BEGIN CERTIFICATE-----."
            raise BadInput([Fault(file, None, f"holds no certificate authority ({error})", mend)]) from error
    found = sorted(trusting.get_ca_certs(binary_form=True))
    return Authorities(_context(), trusting, len(found), hashlib.sha256(b"".join(found)).hexdigest())


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # names have a check of their own
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= LEGACY_SERVER_CONNECT
    context.set_ciphers(EVERYTHING)
    return context
