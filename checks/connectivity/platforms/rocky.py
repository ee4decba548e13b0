"""Rocky Linux: asked and read as RHEL is."""

from __future__ import annotations

from checks.connectivity.platforms import rhel

ping, tcp_answer, neighbours = rhel.ping, rhel.tcp_answer, rhel.neighbours
interfaces, tcp_answers = rhel.interfaces, rhel.tcp_answers
management_sources = rhel.management_sources
