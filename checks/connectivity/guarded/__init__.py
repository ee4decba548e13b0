"""Who may plug into a switched port: 802.1X, or few hardware addresses (port security); one file a platform."""

FEW = 10  # no standard gives a number: a telephone, a computer and what runs inside of it; more is a network of its own


def few(how: str, addresses: int) -> str:
    """The guard of a port that lets so many addresses in; none where these are many."""
    return f"{how} {addresses}" if addresses <= FEW else ""
