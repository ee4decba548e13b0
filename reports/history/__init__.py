"""What the runs add up to, kept in a database: when each thing began to fail or was last seen, how scores went.

Everything in it comes from `runs/` and can be built from there again; nothing rests on it alone. It holds no secret, no
evidence and no reply. A history that cannot be used loses no audit: whoever asks for it catches `Unavailable`.

- `place`    where it is: a file of the workspace, or a PostgreSQL database
- `schema`   its version, and the way up from an older one (`migrations`)
- `tables`   what it keeps
- `feeding`  one run taken in
- `keeping`  held against `runs/`: what is missing is taken in, what is wrong is built anew
- `asking`   the answers
"""

from __future__ import annotations

from reports.history.keeping import History, opened
from reports.history.place import Unavailable

__all__ = ["History", "Unavailable", "opened"]
