"""What a stack of PAM demands, as people write stacks: who is refused by a module and gets in all the same."""

from __future__ import annotations

import pytest

from checks.model import Unknown
from checks.readers.stacks import demands

DEBIAN = """\
auth [success=2 default=ignore] pam_unix.so
auth [success=1 default=ignore] pam_sss.so use_first_pass
auth requisite pam_deny.so
auth required pam_permit.so"""
RED_HAT = """\
auth required pam_env.so
auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth [default=1 ignore=ignore success=ok] pam_localuser.so
auth sufficient pam_unix.so
auth sufficient pam_sss.so forward_pass
auth required pam_deny.so"""
ASKED = {
    "in place": ("auth required pam_oath.so usersfile=/etc/users.oath\nauth required pam_permit.so", True),
    "included": ("@include common-auth\nauth required pam_oath.so", True),
    "behind a stack of its own": ("auth substack system-auth\nauth required pam_oath.so", True),
    "behind an included end": ("auth include system-auth\nauth required pam_oath.so", False),
    "refused at once": ("auth requisite pam_oath.so\nauth required pam_permit.so", True),
    "enough, not needed": (
        "auth sufficient pam_oath.so\nauth sufficient pam_unix.so\nauth required pam_deny.so",
        False,
    ),
    "only wished for": ("auth optional pam_oath.so\nauth required pam_unix.so", False),
    "of those alone who have one": ("auth required pam_oath.so nullok\nauth required pam_unix.so", False),
    "not of unknown users": (
        "auth [success=ok user_unknown=ignore default=die] pam_oath.so\nauth required pam_unix.so",
        False,
    ),
    "stepped over": (
        "auth [success=1 default=ignore] pam_access.so\nauth required pam_oath.so\nauth required pam_unix.so",
        False,
    ),
    "forgotten again": (
        "auth required pam_oath.so\nauth [default=reset] pam_exec.so\nauth required pam_permit.so",
        False,
    ),
    "of the session": ("auth required pam_unix.so\nsession required pam_oath.so", False),
    "nowhere": ("auth required pam_unix.so", False),
    "on two lines": ("auth required \\\n pam_oath.so\nauth required pam_unix.so", True),
}


def files(stack: str) -> dict[str, list[str]]:
    named = {"sshd": stack, "common-auth": DEBIAN, "system-auth": RED_HAT}
    return {f"/etc/pam.d/{name}": text.splitlines() for name, text in named.items()}


@pytest.mark.parametrize("name", ASKED)
def test_a_module_is_demanded(name: str) -> None:
    stack, demanded = ASKED[name]
    assert demands(files(stack), "sshd", {"pam_oath"}) == demanded


@pytest.mark.parametrize("stack", [DEBIAN, RED_HAT])
def test_one_of_several_is_demanded(stack: str) -> None:
    assert demands(files(stack), "sshd", {"pam_unix", "pam_sss"})
    assert not demands(files(stack), "sshd", {"pam_unix"})


@pytest.mark.parametrize(
    "stack",
    [
        "auth required pam_deny.so",
        "auth include nowhere",
        "@include sshd",
        "auth sometimes pam_unix.so",
        "auth [unfinished pam_unix.so",
        "auth [success=3 default=ignore] pam_unix.so",
        "",
    ],
)
def test_what_is_not_understood_is_unknown(stack: str) -> None:
    with pytest.raises(Unknown):
        demands(files(stack), "sshd", {"pam_unix"})
