"""Cisco IOS XE: asked and read as IOS is, its releases told apart. Only ever seen as recordings."""

from __future__ import annotations

from checks.connectivity.facts import Reading
from checks.connectivity.platforms import cisco_ios as ios
from checks.connectivity.state.cisco_ios import read_release

in_clear, weak_ssh, extra_services, unfiltered = ios.in_clear, ios.weak_ssh, ios.extra_services, ios.unfiltered
management_sources, idle_timeout, lockout, banner = ios.management_sources, ios.idle_timeout, ios.lockout, ios.banner
accounts, rights, central_login, weak_passwords = ios.accounts, ios.rights, ios.central_login, ios.weak_passwords
by_address = ios.by_address
snmp_before_3, logging, proven_time, clock = ios.snmp_before_3, ios.logging, ios.proven_time, ios.clock
interfaces, errors, traffic, history = ios.interfaces, ios.errors, ios.traffic, ios.history
adjacencies, route, ping, whole_packet = ios.adjacencies, ios.route, ios.ping, ios.whole_packet
neighbours = ios.neighbours
flows, port_guards = ios.flows, ios.port_guards
release = Reading(ios.release.ask, lambda host: read_release(host, "cisco_xe"))
