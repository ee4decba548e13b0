"""Do the city's shared services answer where people work?"""

from __future__ import annotations

from checks.connectivity.facts import TcpAnswer, tcp_answer
from checks.model import Verdict, Want, asks, judged
from checks.reading import Host


def endpoint(want: Want) -> tuple[str, int]:
    return want.service.address, want.service.port


ANSWER_OF_SERVICE = tcp_answer(endpoint)


@asks(ANSWER_OF_SERVICE)
def answers(host: Host, want: Want) -> Verdict:
    """The service takes a TCP connection from here. A host that offers it must reach itself, too."""
    found = ANSWER_OF_SERVICE.of(host, want)
    where = "TCP {}:{}".format(*endpoint(want))
    return judged(found is TcpAnswer.CONNECTED, f"{where} {TcpAnswer.CONNECTED}", f"{where} {found}")
