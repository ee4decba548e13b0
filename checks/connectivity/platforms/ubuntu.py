"""An Ubuntu server: asked as Debian is."""

from __future__ import annotations

from checks.connectivity.platforms import debian

ping, tcp_answer, neighbours = debian.ping, debian.tcp_answer, debian.neighbours
interfaces, tcp_answers = debian.interfaces, debian.tcp_answers
management_sources = debian.management_sources
