"""The families of servers, and what several topics ask of their files alike."""

from __future__ import annotations

from checks.model import Question
from checks.reading import LAST

DEBIAN = ("debian", "ubuntu")
RED_HAT = ("rhel", "rocky", "almalinux")
LINUX = (*DEBIAN, *RED_HAT)

FIRST_ORDINARY_UID = 1000  # Debian policy 9.2.2: 0-999 are system accounts

# Red Hat's family keeps the stacks of PAM in system-auth and password-auth, and the shells' common settings in bashrc.
SETTINGS = Question(
    "grep -r -a '^[^#]' /etc/login.defs /etc/default/useradd /etc/pam.d/common-auth /etc/pam.d/common-account"
    " /etc/pam.d/common-password /etc/pam.d/common-session /etc/pam.d/system-auth /etc/pam.d/password-auth"
    " /etc/pam.d/su /etc/pam.d/sshd /etc/pam.d/postlogin"
    " /etc/security/pwquality.conf.d /etc/security/pwquality.conf /etc/security/faillock.conf"
    " /etc/security/pwhistory.conf /etc/security/limits.d /etc/security/limits.conf /etc/profile /etc/profile.d"
    " /etc/bash.bashrc /etc/bashrc /etc/environment /etc/issue /etc/issue.net /etc/hosts.equiv /etc/modprobe.d"
    f" /etc/systemd/coredump.conf /etc/systemd/coredump.conf.d {LAST}"
)
CRON_FOLDERS = ("/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly")
ALLOWED_CRON, ALLOWED_AT = "/etc/cron.allow", "/etc/at.allow"
BOOT_MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/efi/EFI/redhat/grub.cfg", "/boot/grub2/user.cfg")
# AIDE's as Debian and Red Hat place it, Tripwire's folder.
BASELINES = ("/var/lib/aide/aide.db", "/var/lib/aide/aide.db.gz", "/var/lib/tripwire")
NOW = "/proc/self"  # made when it is looked at
# Rights, owner, size and time of last change (seconds since 1970) of single files; as root, since /boot may be closed.
PLACES = Question(
    "/usr/bin/stat -c '%A 1 %U %G %s %Y - - %n' /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow"
    f" /etc/shadow- /etc/gshadow /etc/gshadow- /usr/bin/sudo /etc/crontab {' '.join(CRON_FOLDERS)}"
    f" {ALLOWED_CRON} {ALLOWED_AT}"
    f" {' '.join(BOOT_MENUS)} /etc/ssh/sshd_config /etc/ssh/sshd_config.d /etc/audit /etc/audit/auditd.conf"
    " /etc/rsyslog.conf /etc/systemd/journald.conf"
    f" {' '.join(BASELINES)} {NOW} {LAST}",
    root=True,
)
SEARCHED = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local", "/var")
# What lies at most five folders deep and is world-writable, belongs to nobody or runs as its owner, what has a name
# that tells of secrets, keys, trust or sudo's rules, and the homes. To look an owner up costs more than all the rest of
# the search, and most files are root's.
FILES = Question(
    f"/usr/bin/find {' '.join(SEARCHED)} {LAST} -xdev -maxdepth 5"
    " -type f -perm -0002 -ls -o -type d -perm -0002 -not -perm -1000 -ls"
    " -o -type f -path /etc/sudoers -ls -o -type f -regex /etc/sudoers.d/.+ -ls"
    " -o -type f -regex .+key -ls -o -type f -regex .+/id_.+ -ls"
    " -o -type f -name authorized_keys -ls -o -type f -name authorized_keys2 -ls -o -type f -name shadow -ls"
    " -o -type f -regex .+/shadow.+ -ls -o -type f -regex .+/gshadow.+ -ls -o -type f -regex .+.env -ls"
    " -o -type f -perm /6000 -ls -o -not -uid 0 -nouser -ls -o -not -gid 0 -nogroup -ls"
    " -o -type d -regex /home/[^/]+ -ls"
    " -o -type f -name .rhosts -ls -o -type f -name .shosts -ls -o -type f -name shosts.equiv -ls"
    f" -o -type f -name .netrc -ls -o -type f -name .pgpass -ls -o -type f -name .my.cnf -ls -o -path {LAST} -ls",
    root=True,
)
