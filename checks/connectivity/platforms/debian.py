"""A Debian server, as far as the paths that it needs are concerned; its protections are probed elsewhere."""

from __future__ import annotations

from checks.connectivity import linux, linux_access

ping, tcp_answer, neighbours = linux.ping, linux.tcp_answer, linux.neighbours
interfaces, tcp_answers = linux.interfaces, linux.tcp_answers
management_sources = linux_access.management_sources
