"""A server of Red Hat's family, as far as the paths that it needs are concerned, by what its smallest installation has.

Ordinary users may send an echo request every 0.2 s and no faster there (ping(8) of iputils before 20210202); the lists
of DHCP servers stand in folders of their own. Only ever seen as recordings made after the documentation.
"""

from __future__ import annotations

from checks.connectivity import linux, linux_access

ping = linux.pinging(0.2)
tcp_answer = linux.tcp_answer
neighbours = linux.seeing(("/var/lib/dnsmasq/dnsmasq.leases", "/var/lib/dhcpd/dhcpd.leases"))
interfaces, tcp_answers = linux.interfaces, linux.tcp_answers
management_sources = linux_access.management_sources
