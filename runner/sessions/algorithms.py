"""Which SSH algorithms are taken: those of today, and, where an asset says `legacy_ssh`, those that are broken by now.

The border is where OpenSSH draws it: what its client no longer offers by itself (SHA-1 signatures and key exchange,
CBC ciphers, MD5) is old. Each library names its own for each purpose.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence

# cryptography would tell whoever runs an audit what only the far side can mend
warnings.filterwarnings("ignore", "Diffie-Hellman over finite fields")
OLD_HOST_KEY = "ssh-rsa"
# asyncssh: what is taken away from what it offers by itself, or added to it
ASYNCSSH_TODAY: Mapping[str, str] = {
    "kex_algs": "-*-sha1",
    "signature_algs": f"-{OLD_HOST_KEY}",
    # it would begin with ChaCha20, which costs it a third more for each of our many small packets
    "encryption_algs": "^aes256-gcm@openssh.com,aes128-gcm@openssh.com",
}
ASYNCSSH_LEGACY: Mapping[str, str] = {
    "kex_algs": "+diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1",
    "signature_algs": f"+{OLD_HOST_KEY}",
    "encryption_algs": "+aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc",
    "mac_algs": "+hmac-sha1-96,hmac-md5",
}
# paramiko: what it is forbidden
PARAMIKO_TODAY: Mapping[str, Sequence[str]] = {
    "kex": ("diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"),
    "keys": (OLD_HOST_KEY,),
    "pubkeys": (OLD_HOST_KEY,),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
}
# What is old, by what it is for.
OLD: Mapping[str, re.Pattern[str]] = {
    "key exchange": re.compile(r"sha1$"),
    "host key": re.compile(rf"^(?:{OLD_HOST_KEY}|ssh-dss)$"),
    "encryption": re.compile(r"-cbc(?:@.*)?$|^arcfour"),
    "MAC": re.compile(r"md5|sha1-96|ripemd"),
}


def for_asyncssh(*, legacy: bool) -> Mapping[str, str]:
    """Options of `asyncssh.connect`, without those of the host's key."""
    return ASYNCSSH_LEGACY if legacy else ASYNCSSH_TODAY


def for_paramiko(*, legacy: bool) -> Mapping[str, Sequence[str]]:
    """`disabled_algorithms` of `paramiko.Transport`."""
    return {} if legacy else PARAMIKO_TODAY
