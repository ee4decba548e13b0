"""The web services of the practice city: how each is kept, and the practice authority that certifies them.

A `Service` is plain data, which a planted fault changes; the real city's nginx is written from it, and the simulated
city acts it out. The authority is made anew with every city; its key is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inventory.fields import Identifier, Record
from lab.topology import City, Endpoint

AUTHORITY = "Practice City CA"
PEM = "practice.pem"
DAYS = 200
WEAK = "ALL:@SECLEVEL=0"
STRONG = "ECDHE+AESGCM:ECDHE+CHACHA20"
HEADERS: Mapping[str, str] = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Set-Cookie": "phien=thuc-hanh; Path=/; Secure; HttpOnly; SameSite=Lax",
}


@dataclass(frozen=True, eq=False)
class Service:
    """One web service as its server keeps it; `days` are those that its certificate is still valid."""

    endpoint: Endpoint
    protocols: tuple[str, ...] = ("TLSv1.2", "TLSv1.3")
    ciphers: str = STRONG
    days: int = DAYS
    redirects: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    firewall: bool = True

    @property
    def folder(self) -> str:
        """Where its server keeps its pages."""
        return f"/srv/web/{self.endpoint.id}"

    @property
    def page(self) -> str:
        name = self.endpoint.name
        return f'<!doctype html><meta charset="utf-8"><title>{name}</title><p>Dịch vụ mẫu của thành phố thực hành.'


class Neglect(Record):
    """What a fault changes in a service; what is not told stays."""

    protocols: tuple[str, ...] | None = None
    days: int | None = None
    redirects: bool | None = None
    without_header: Identifier | None = None
    firewall: bool | None = None


def services(city: City, neglected: Mapping[str, Neglect]) -> tuple[Service, ...]:
    """The services of a city, each changed as `neglected` says of its endpoint."""
    kept = (Service(endpoint) for endpoint in city.endpoints)
    return tuple(_changed(one, neglected.get(one.endpoint.id, Neglect())) for one in kept)


def _changed(kept: Service, by: Neglect) -> Service:
    protocols = by.protocols or kept.protocols
    return Service(
        endpoint=kept.endpoint,
        protocols=protocols,
        ciphers=kept.ciphers if by.protocols is None else f"{STRONG}:ECDHE+AES:@SECLEVEL=0",
        days=kept.days if by.days is None else by.days,
        redirects=kept.redirects if by.redirects is None else by.redirects,
        headers={name: value for name, value in kept.headers.items() if name.lower() != by.without_header},
        firewall=kept.firewall if by.firewall is None else by.firewall,
    )


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


class Authority:
    """The practice authority. It lives as long as what makes the city."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._own = self._sign(self._name, self._key.public_key(), constraints, critical=True, days=3650)

    @property
    def pem(self) -> str:
        return self._own.public_bytes(serialization.Encoding.PEM).decode()

    def certify(self, service: Service) -> Issued:
        """A certificate for the web service, which ends when it says."""
        return self.issue(service.endpoint.name, service.days)

    def issue(self, called: str, days: int = DAYS) -> Issued:
        """A certificate for the name `called`, which ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
        names = x509.SubjectAlternativeName([x509.DNSName(called)])
        made = self._sign(subject, key.public_key(), names, critical=False, days=days)
        plain = serialization.NoEncryption()
        written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        return Issued(made.public_bytes(serialization.Encoding.PEM).decode(), written.decode())

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, says: x509.ExtensionType, *, critical: bool, days: int
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days, hours=1))
            .add_extension(says, critical=critical)
            .sign(self._key, hashes.SHA256())
        )
