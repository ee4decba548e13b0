# Breaks what every remedy mends, on a throw-away machine. Run by root there, and nowhere else.
set -eu
useradd -m -s /bin/bash admin
useradd -r -s /bin/bash daemon-of-old
useradd -m -s /bin/bash gone
useradd -m -s /bin/bash blank
printf 'admin:x\ngone:x\nquantri:x\n' | chpasswd
chage -d 2020-01-01 gone
passwd -q -d blank

echo 'TMOUT=99999' >/etc/profile.d/late.sh
echo 'umask 022' >>/etc/bash.bashrc
sed -i 's/ yescrypt/ md5/; /pam_pwquality/d; s/ use_authtok try_first_pass//' /etc/pam.d/common-password
sed -i '/pam_faillock/d' /etc/pam.d/common-auth /etc/pam.d/common-account
sed -i 's/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/' /etc/login.defs

sed -i '/use_pty/d' /etc/sudoers
echo 'Defaults !syslog' >>/etc/sudoers
printf 'Defaults !env_reset\nDefaults timestamp_timeout=60\n' >/etc/sudoers.d/old
chmod 444 /etc/sudoers.d/README

sed -i 's/^PASS_WARN_AGE.*/PASS_WARN_AGE 1/' /etc/login.defs

chmod 666 /etc/passwd /etc/ssh/sshd_config
touch /etc/crontab
mkdir /srv/app
touch /srv/app/open "/srv/app/$(printf 'two\nlines')" /srv/app/tls.key
chmod 666 /srv/app/open /srv/app/two*
chmod 644 /srv/app/tls.key
touch /var/log/auth.log
chmod 644 /var/log/auth.log

printf 'module(load="imuxsock")\n$FileCreateMode 0640\n*.*;auth,authpriv.none /var/log/syslog\n' >/etc/rsyslog.conf
sed -i 's/rotate .*/rotate 1/' /etc/logrotate.d/rsyslog
echo 'DAEMON_OPTS="-x"' >/etc/default/chrony
echo 'net.ipv4.conf.all.accept_redirects = 1' >>/etc/sysctl.conf
sysctl -q -w net.ipv4.conf.all.accept_redirects=1
printf 'disk_full_action = ignore\nlocal_events = no\n' >>/etc/audit/auditd.conf
sed -i '/^disk_full_action = SUSPEND/d' /etc/audit/auditd.conf
setsid -f python3 -c 'import socket, time; s = socket.create_server(("", 23)); time.sleep(9999)' >/dev/null 2>&1 </dev/null

cat >>/etc/ssh/sshd_config <<'END'
PermitRootLogin yes
PasswordAuthentication yes
PermitEmptyPasswords yes
Ciphers +aes128-cbc
LogLevel QUIET
PermitUserEnvironment yes
HostbasedAuthentication yes
StrictModes no
END
kill -HUP "$(cat /run/sshd.pid)"

# A suite of security updates with one update, and with what installs updates by itself.
package() {
    mkdir -p "/tmp/$1/DEBIAN" "/tmp/$1/usr/bin"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' "$1" "$2" >"/tmp/$1/DEBIAN/control"
    touch "/tmp/$1/usr/bin/${1%s}"
    chmod 755 "/tmp/$1/usr/bin/${1%s}"
    dpkg-deb --build "/tmp/$1" "$3" >/dev/null
}
suite=/srv/security
mkdir $suite
package samples 1 /tmp/old.deb
package samples 2 $suite/samples.deb
package unattended-upgrades 99 $suite/unattended-upgrades.deb
for deb in samples unattended-upgrades; do
    dpkg-deb -f $suite/$deb.deb
    printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' $deb "$(stat -c %s $suite/$deb.deb)" "$(sha256sum <$suite/$deb.deb | cut -d' ' -f1)"
done >$suite/Packages
cat >$suite/Release <<END
Origin: Debian
Label: Debian-Security
Suite: stable-security
Date: $(date -u -R)
SHA256:
 $(sha256sum <$suite/Packages | cut -d' ' -f1) $(stat -c %s $suite/Packages) Packages
END
rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/*
echo "deb [trusted=yes] copy:$suite ./" >/etc/apt/sources.list
dpkg -i /tmp/old.deb >/dev/null
rm -f /usr/bin/unattended-upgrade /etc/apt/apt.conf.d/20auto-upgrades
