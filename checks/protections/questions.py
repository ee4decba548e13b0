"""What several topics ask of a server's files alike."""

from __future__ import annotations

from checks.model import Question
from checks.reading import LAST

FIRST_ORDINARY_UID = 1000  # Debian policy 9.2.2: 0-999 are system accounts

SETTINGS = Question(
    "grep -r -a '^[^#]' /etc/login.defs /etc/pam.d/common-auth /etc/pam.d/common-account /etc/pam.d/common-password"
    " /etc/pam.d/common-session /etc/security/pwquality.conf.d /etc/security/pwquality.conf /etc/security/faillock.conf"
    f" /etc/security/pwhistory.conf /etc/profile /etc/profile.d /etc/bash.bashrc {LAST}"
)
ACCOUNT_FILES = Question(
    "stat -c '%A 1 %U %G %n' /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow"
    f" /etc/gshadow- /usr/bin/sudo {LAST}"
)
SEARCHED = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local", "/var")
# What lies at most five folders deep and is world-writable, or has a name that tells of secrets, keys or sudo's rules.
FILES = Question(
    f"/usr/bin/find {' '.join(SEARCHED)} {LAST} -xdev -maxdepth 5"
    " -type f -perm -0002 -ls -o -type d -perm -0002 -not -perm -1000 -ls"
    " -o -type f -path /etc/sudoers -ls -o -type f -regex /etc/sudoers.d/.+ -ls"
    " -o -type f -regex .+key -ls -o -type f -regex .+/id_.+ -ls"
    " -o -type f -name authorized_keys -ls -o -type f -name authorized_keys2 -ls -o -type f -name shadow -ls"
    " -o -type f -regex .+/shadow.+ -ls -o -type f -regex .+/gshadow.+ -ls -o -type f -regex .+.env -ls"
    f" -o -type f -name .netrc -ls -o -type f -name .pgpass -ls -o -type f -name .my.cnf -ls -o -path {LAST} -ls",
    root=True,
)
