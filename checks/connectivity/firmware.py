"""Until when makers support their firmware: what ships with the product, beneath what the city declares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

LIST = Path(__file__).with_name("platforms") / "firmware.yaml"


@cache
def ends() -> Mapping[str, str]:
    """Release (`fortinet-7.4`) → last day of support."""
    return {str(name): str(day) for name, day in yaml.load(LIST.read_bytes(), Loader=yaml.CSafeLoader).items()}
