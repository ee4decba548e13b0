"""A Debian server, as far as the paths that it needs are concerned; its protections are probed elsewhere."""

from __future__ import annotations

from checks.connectivity import linux

ping, tcp_answer, neighbours = linux.ping, linux.tcp_answer, linux.neighbours
