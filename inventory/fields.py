"""What records are made of: the base that refuses unknown keys, and the kinds of values that fields hold."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def network(text: str) -> str:
    """A network in CIDR notation, as it is written. Raises `ValueError` for anything else."""
    ip_network(text)
    return text


def literal(address: str) -> str | None:
    """The address in its shortest form; None for a host name."""
    try:
        return str(ip_address(address))
    except ValueError:
        return None


Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
Level = Annotated[int, Field(ge=1, le=5, strict=True)]
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
# Addresses and interfaces become words of commands: what could be an option or shell syntax is refused at the border.
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:%_-]*$", max_length=253)]
Interface = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9./:@_-]*$", max_length=64)]
Network = Annotated[str, AfterValidator(network)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class Record(BaseModel):
    """A record read from a file: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Record):
    """The same in Vietnamese and English."""

    vi: Text
    en: Text
