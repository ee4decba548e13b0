"""The key that signs a city's reports, and who vouches for signers. No secret stands here: only where it is kept."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from inventory import secrets
from inventory.fields import Record, Text


class Token(Record):
    """A key that never leaves its device, by PKCS#11: `module` is the driver's path, `key` the label of key and
    certificate on the token named `token`.
    """

    module: Text
    token: Text
    key: Text


class Signing(Record):
    """One of `pkcs12` (a file below the workspace) and `pkcs11`, opened with the secret that `passphrase` names.

    `timestamp` is the URL of an RFC 3161 service. `authorities` are PEM files below the workspace: the certificates by
    which `verify` trusts a signer. With these alone, reports are verified but not signed.
    """

    pkcs12: Text | None = None
    pkcs11: Token | None = None
    passphrase: Text | None = None
    timestamp: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=500)] | None = None
    authorities: tuple[Text, ...] = ()

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return bool(self.pkcs12 or self.pkcs11)

    @model_validator(mode="after")
    def _one_key_and_no_secret(self) -> Self:
        if self.pkcs12 and self.pkcs11:
            raise ValueError("'signing' has one key: 'pkcs12' or 'pkcs11'")
        if not (self.signs or self.authorities):
            raise ValueError("'signing' needs a key ('pkcs12' or 'pkcs11') or 'authorities'")
        if self.passphrase and not secrets.is_reference(self.passphrase):
            raise ValueError(f"'passphrase' is not a known reference. {secrets.MEND}")
        return self
