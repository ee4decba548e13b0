"""How passwords must be made, how long they live, how they are kept, and what happens to those who guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.protections.questions import LINUX, SETTINGS
from checks.readers import pam
from checks.readers.accounts import ACCOUNTS, password_question, password_states
from checks.reading import texts

STRONG_HASHES = ("yescrypt", "gost_yescrypt", "sha512", "bcrypt", "blowfish")
HASHES = (*STRONG_HASHES, "sha256", "md5", "bigcrypt", "des")
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
PWQUALITY_LENGTH = 8  # the default of `minlen`, pwquality.conf(5)
PWHISTORY_REMEMBERS = 10  # the default of `remember`, pam_pwhistory(8)
FAILLOCK_COUNTS = 900  # the default of `fail_interval`, faillock.conf(5)
FAILLOCK_UNLOCKS = 600  # that of `unlock_time`
NULL_OK = {"nullok", "nullok_secure"}
WEEK = 7
FAILLOCK_DENIES = 3  # the default of `deny`, faillock.conf(5)


@asks(SETTINGS, ACCOUNTS, password_question, platforms=LINUX)
def max_age(host: Host, want: Want) -> Verdict:
    """New accounts get a limit, and every account that has a password has one."""
    limit = want["password_max_age_days"]
    new = pam.number(_login_defs(host), "PASS_MAX_DAYS", -1)
    states = password_states(host, want.asset.platform).items()
    late = [n for n, s in states if s.state == "P" and not (s.max_days is not None and 0 < s.max_days <= limit)]
    actual = f"PASS_MAX_DAYS {new}; > {limit} d: {', '.join(late) or '–'}"
    return judged(0 < new <= limit and not late, f"PASS_MAX_DAYS ≤ {limit}", actual)


@asks(SETTINGS, platforms=LINUX)
def min_length(host: Host, want: Want) -> Verdict:
    """`minlen`, less what digits or capitals are credited with."""
    demanded, quality = want["password_min_length"], _quality(host)
    expected = f"pam_pwquality minlen ≥ {demanded}"
    if quality is None:
        return judged(False, expected, "pam_pwquality: –")
    credit = sum(max(0, pam.number(quality, name, 0)) for name in CREDITS)
    length = pam.number(quality, "minlen", PWQUALITY_LENGTH) - credit
    return judged(length >= demanded, expected, f"pam_pwquality minlen {length}")


@asks(SETTINGS, platforms=LINUX)
def character_classes(host: Host, want: Want) -> Verdict:
    """`minclass`, or as many classes as are demanded one by one (a negative credit)."""
    demanded, quality = want["password_classes"], _quality(host)
    expected = f"pam_pwquality minclass ≥ {demanded}"
    if quality is None:
        return judged(False, expected, "pam_pwquality: –")
    single = sum(pam.number(quality, name, 0) < 0 for name in CREDITS)
    classes = max(single, pam.number(quality, "minclass", 0))
    return judged(classes >= demanded, expected, f"pam_pwquality minclass {classes}")


@asks(SETTINGS, platforms=LINUX)
def hashing(host: Host, _want: Want) -> Verdict:
    """Both ways to a new password use a strong hash: PAM, and the tools that read /etc/login.defs."""
    default = _login_defs(host).get("ENCRYPT_METHOD", "des").lower()
    unix = [pam.rules(stack, "pam_unix") for stack in pam.stacks(texts(host, SETTINGS), "password")]
    named = [option for rules in unix for rule in rules for option in rule.options if option in HASHES]
    used = [default, *named]
    everywhere = bool(unix) and all(unix)
    actual = f"{', '.join(dict.fromkeys(used))}; pam_unix: {sum(map(len, unix))}"
    return judged(everywhere and set(used) <= set(STRONG_HASHES), " | ".join(STRONG_HASHES), actual)


@asks(SETTINGS, platforms=LINUX)
def history(host: Host, want: Want) -> Verdict:
    """pam_pwhistory, or pam_unix by itself, remembers enough earlier passwords."""
    found = texts(host, SETTINGS)
    shared = pam.options(found.get("/etc/security/pwhistory.conf", []))
    least = min((_remembered(stack, shared) for stack in pam.stacks(found, "password")), default=0)
    return judged(least >= want["password_history"], f"remember ≥ {want['password_history']}", f"remember {least}")


@asks(SETTINGS, platforms=LINUX)
def lockout(host: Host, want: Want) -> Verdict:
    """pam_faillock counts failures, refuses who has too many, and no rule of it is laxer than the limit."""
    limit = want["lockout_attempts"]
    found = texts(host, SETTINGS)
    shared = pam.options(found.get("/etc/security/faillock.conf", []))
    stacks = [pam.rules(stack, "pam_faillock") for stack in pam.stacks(found, "auth")]
    accounts = [pam.rules(stack, "pam_faillock") for stack in pam.stacks(found, "account")]
    rules = [rule for stack in stacks for rule in stack]
    counts = bool(stacks) and all(any("authfail" in rule.options for rule in stack) for stack in stacks)
    refuses = bool(stacks) and all(
        any("preauth" in rule.options and rule.binding for rule in stack) or any(rule.binding for rule in account)
        for stack, account in zip(stacks, accounts, strict=True)
    )
    denies = [pam.number({**shared, **rule.options}, "deny", FAILLOCK_DENIES) for rule in rules]
    actual = f"pam_faillock deny {', '.join(map(str, denies)) or '–'}"
    if rules and not (counts and refuses):
        actual += f"; authfail: {'OK' if counts else '–'}; preauth | account: {'OK' if refuses else '–'}"
    passed = counts and refuses and all(0 < deny <= limit for deny in denies)
    return judged(passed, f"pam_faillock 0 < deny ≤ {limit}", actual)


@asks(SETTINGS, platforms=LINUX)
def lockout_time(host: Host, want: Want) -> Verdict:
    """An account stays locked long enough (0: until somebody unlocks it), and failures are counted over long enough."""
    demanded, found = want["lockout_seconds"], texts(host, SETTINGS)
    rules = [rule for stack in pam.stacks(found, "auth") for rule in pam.rules(stack, "pam_faillock")]
    shared = pam.options(found.get("/etc/security/faillock.conf", []))
    expected = f"pam_faillock unlock_time ≥ {demanded} | 0, fail_interval ≥ {demanded}"
    options = [{**shared, **rule.options} for rule in rules]
    locked = [pam.number(one, "unlock_time", FAILLOCK_UNLOCKS) for one in options]
    counted = [pam.number(one, "fail_interval", FAILLOCK_COUNTS) for one in options]
    passed = bool(rules) and all(t == 0 or t >= demanded for t in locked) and all(t >= demanded for t in counted)
    return judged(passed, expected, f"unlock_time {_list(locked)}, fail_interval {_list(counted)}")


@asks(SETTINGS, platforms=LINUX)
def root_included(host: Host, _want: Want) -> Verdict:
    """Root's own new passwords are held to the same rules as everybody's."""
    quality = _quality(host)
    held = quality is not None and "enforce_for_root" in quality
    return judged(held, "pam_pwquality enforce_for_root", "enforce_for_root" if held else "–")


@asks(SETTINGS, platforms=LINUX)
def empty_refused(host: Host, _want: Want) -> Verdict:
    """No stack lets in an account that has no password (`nullok` of pam_unix)."""
    stacks = {path: pam.rules(found, "pam_unix") for path, found in texts(host, SETTINGS).items() if _is_stack(path)}
    lax = [path for path, rules in stacks.items() for rule in rules if rule.options.keys() & NULL_OK]
    known = any(stacks.values())
    return judged(known and not lax, "pam_unix: ≠ nullok", ", ".join(lax) or ("OK" if known else "pam_unix: –"))


@asks(SETTINGS, platforms=LINUX)
def min_age(host: Host, _want: Want) -> Verdict:
    """A new password is kept for a day at least, so that nobody changes back through the history at once."""
    days = pam.number(_login_defs(host), "PASS_MIN_DAYS", 0)
    return judged(days >= 1, "PASS_MIN_DAYS ≥ 1", f"PASS_MIN_DAYS {days}")


@asks(SETTINGS, platforms=LINUX)
def end_announced(host: Host, _want: Want) -> Verdict:
    """Users are told in time before their password ends."""
    days = pam.number(_login_defs(host), "PASS_WARN_AGE", 0)
    return judged(days >= WEEK, f"PASS_WARN_AGE ≥ {WEEK}", f"PASS_WARN_AGE {days}")


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers)) or "–"


def _is_stack(path: str) -> bool:
    return path.startswith("/etc/pam.d/")


def _quality(host: Host) -> Mapping[str, str] | None:
    """The options that pam_pwquality works with; None where it is not in the stack or does not refuse."""
    found = texts(host, SETTINGS)
    rules = [_binding(stack, "pam_pwquality") for stack in pam.stacks(found, "password")]
    if not rules or not all(rules):
        return None
    drop_ins = sorted(p for p in found if p.startswith("/etc/security/pwquality.conf.d/") and p.endswith(".conf"))
    options: dict[str, str] = {}
    for path in (*drop_ins, "/etc/security/pwquality.conf"):
        options |= pam.options(found.get(path, []))
    for stack in rules:
        options |= stack[0].options
    return None if pam.number(options, "enforcing", 1) == 0 else options


def _remembered(stack: list[str], shared: Mapping[str, str]) -> int:
    """How many earlier passwords one stack remembers: by pam_pwhistory, or by pam_unix itself."""
    own = [{**shared, **rule.options} for rule in _binding(stack, "pam_pwhistory")]
    counts = [pam.number(options, "remember", PWHISTORY_REMEMBERS) for options in own]
    counts += [pam.number(rule.options, "remember", 0) for rule in pam.rules(stack, "pam_unix")]
    return max(counts, default=0)


def _binding(lines: list[str], module: str) -> list[pam.Rule]:
    return [rule for rule in pam.rules(lines, module) if rule.binding]


def _login_defs(host: Host) -> Mapping[str, str]:
    return pam.options(texts(host, SETTINGS).get("/etc/login.defs", []))
