"""What a certificate says: for which names, how strong, from whom."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from checks.readers.networks import is_address

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

LEAST_EC_BITS = 256
WEAK_HASHES = ("md5", "sha1")


def called(name: Name) -> str:
    """The common name, else the whole name as RFC 4514 writes it."""
    from cryptography.x509 import NameOID  # noqa: PLC0415 - see `replies.chain`

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def names(certificate: Certificate) -> tuple[str, ...]:
    """The host names and addresses that it is for. The common name counts no more (RFC 9525 §2)."""
    from cryptography.x509 import DNSName, ExtensionNotFound, IPAddress, SubjectAlternativeName  # noqa: PLC0415 - likewise

    try:
        found = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return ()
    return (*found.get_values_for_type(DNSName), *map(str, found.get_values_for_type(IPAddress)))


def covers(named: Iterable[str], name: str) -> bool:
    """Whether one of `named` is `name`; a star stands for one whole first label (RFC 9525 §6.3)."""
    wanted = _plain(name)
    return any(_plain(one) == wanted or _fits_star(_plain(one), wanted) for one in named)


def _fits_star(pattern: str, name: str) -> bool:
    if not pattern.startswith("*.") or is_address(name):
        return False
    first, _, rest = name.partition(".")
    return bool(first) and rest == pattern[2:]


def _plain(name: str) -> str:
    return str(ip_address(name)) if is_address(name) else name.lower().rstrip(".")


def strength(certificate: Certificate) -> str:
    """Kind and length of the key, and the hash of the signature: `RSA 2048, sha256`."""
    kind, bits = _key(certificate)
    return f"{kind} {bits or ''}".strip() + f", {_hash(certificate)}"


def weaknesses(certificate: Certificate, rsa_min_bits: int) -> list[str]:
    """What is too weak in it; nothing where all is well. A key of a kind that is not known is no strong one."""
    kind, bits = _key(certificate)
    least = {"RSA": rsa_min_bits, "EC": LEAST_EC_BITS, "Ed25519": 0, "Ed448": 0}
    found = [] if kind in least and bits >= least[kind] else [f"{kind} {bits or ''}".strip()]
    return found + [_hash(certificate)] * (_hash(certificate) in WEAK_HASHES)


def _key(certificate: Certificate) -> tuple[str, int]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa  # noqa: PLC0415 - likewise

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 0
    return ("Ed448", 0) if isinstance(key, ed448.Ed448PublicKey) else (type(key).__name__, 0)


def _hash(certificate: Certificate) -> str:
    """Its name; that of the signature where it hashes by itself (Ed25519)."""
    used = certificate.signature_hash_algorithm
    return "–" if used is None else used.name
