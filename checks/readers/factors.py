"""What a login over SSH takes: a key, a password, a code of a second device (sshd_config(5): AuthenticationMethods)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from checks.readers.sshd import Match, Settings
from checks.readers.stacks import demands

KEY, VERIFIED, PASSWORD, CODE = "key", "PIN", "password", "code"
# Modules that ask for what one knows, and for what a second device shows or holds. pam_duo lets in where its service is
# not reached (failmode = safe, as installed), in a file that root alone may read: it is not among them.
PASSWORDS = frozenset({"pam_unix", "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_systemd_home", "pam_pwdfile"})
CODES = frozenset(
    {
        "pam_google_authenticator",
        "pam_oath",
        "pam_u2f",
        "pam_yubico",
        "pam_radius_auth",
        "pam_radius",
        "pam_privacyidea",
    }
)
SERVICE = "sshd"
METHODS = {
    "publickey": ("pubkeyauthentication",),
    "password": ("passwordauthentication",),
    "keyboard-interactive": ("kbdinteractiveauthentication", "challengeresponseauthentication"),
    "gssapi-with-mic": ("gssapiauthentication",),
    "hostbased": ("hostbasedauthentication",),
}
OF_A_KEY = ("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes")


def ways(
    settings: Settings, blocks: Sequence[Match], accounts: Collection[str], files: Mapping[str, Sequence[str]]
) -> Mapping[str, Collection[str]]:
    """Each list of methods that lets in → the factors that it takes at least, for all but the `accounts`.

    A setting of a block `Match` counts as if it held for everybody, the weakest one first; a block for these accounts
    alone does not count. Raises `Unknown` for a stack of PAM that was not read, where it matters.
    """
    held = [block for block in blocks if not _only_for(block, accounts)]

    def told(*keywords: str) -> list[str]:
        """Every value of these settings, for all and in each block."""
        everywhere = [settings, *(block.settings for block in held)]
        return [value.strip('"') for one in everywhere for keyword in keywords for value in one.get(keyword, ())]

    empty, pam = "yes" in told("permitemptypasswords"), "yes" in told("usepam")
    known: Mapping[str, Callable[[], Collection[str]]] = {
        "publickey": lambda: {KEY, VERIFIED} if _verified(told) else {KEY},
        "password": lambda: _by_pam(files, empty) if pam else set() if empty else {PASSWORD},
        "keyboard-interactive": lambda: _by_pam(files, empty) if pam else set(),
    }
    found = {}
    for way in _lists(told):
        methods = [method.partition(":")[0] for method in way.split(",")]
        found[way] = {factor for method in methods if method in known for factor in known[method]()}
    return found


def _lists(told: Callable[..., list[str]]) -> Iterator[str]:
    """The lists of methods of which one is enough; any method that is on, where nothing else is said."""
    for value in told("authenticationmethods") or ["any"]:
        if value.lower() != "any":
            yield from value.split()
        else:
            yield from (method for method, switches in METHODS.items() if "yes" in map(str.lower, told(*switches)))


def _verified(told: Callable[..., list[str]]) -> bool:
    """Only keys of FIDO tokens are accepted, and only once the token knows its holder, by PIN or finger."""
    options, accepted = told("pubkeyauthoptions"), told(*OF_A_KEY)
    kinds = [kind for value in accepted for kind in value.split(",")]
    return (
        bool(options and kinds)
        and all("verify-required" in value.split() for value in options)
        and all(kind.startswith("sk-") for kind in kinds)
    )


def _by_pam(files: Mapping[str, Sequence[str]], empty: bool) -> set[str]:
    """What PAM's stack for sshd takes of everybody."""
    asked = {PASSWORD} if not empty and demands(files, SERVICE, PASSWORDS) else set()
    return asked | ({CODE} if demands(files, SERVICE, CODES) else set())


def _only_for(block: Match, accounts: Collection[str]) -> bool:
    """The block holds for none but these accounts."""
    words = block.criteria.split()
    named = [words[place + 1] for place, word in enumerate(words[:-1]) if word.lower() == "user"]
    return any(set(one.strip('"').split(",")) <= set(accounts) for one in named)
