"""Which SSH algorithms are taken: those of today, and, where an asset says `legacy_ssh`, those that are broken by now.

The border is where OpenSSH draws it: what its client no longer offers by itself (SHA-1 signatures and key exchange,
CBC ciphers, MD5) is old. Each library names its own for each purpose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
OLD: Mapping[str, Sequence[str]] = {
    "kex": ("diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"),
    "keys": (OLD_HOST_KEY,),
    "pubkeys": (OLD_HOST_KEY,),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
}


def for_asyncssh(*, legacy: bool) -> Mapping[str, str]:
    """Options of `asyncssh.connect`, without those of the host's key."""
    return ASYNCSSH_LEGACY if legacy else ASYNCSSH_TODAY


def for_paramiko(*, legacy: bool) -> Mapping[str, Sequence[str]]:
    """`disabled_algorithms` of `paramiko.Transport`."""
    return {} if legacy else OLD


def nothing_in_common(what: str, offered: Sequence[str]) -> str:
    """What to tell where a host and we have no algorithm in common for `what`."""
    mend = "Renew its SSH, or let it be reached as it is with 'legacy_ssh: true'."
    return f"no {what} of today; the host offers {', '.join(offered)}. {mend}"
