"""Time zones by their IANA names, and what people write instead."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

OTHER_NAMES = {  # Windows' names and the abbreviations of the United States
    "pacific standard time": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "hst": "Pacific/Honolulu",
    "mountain standard time": "America/Denver",
    "mst": "America/Denver",
    "mt": "America/Denver",
    "central standard time": "America/Chicago",
    "cst": "America/Chicago",
    "ct": "America/Chicago",
    "eastern standard time": "America/New_York",
    "est": "America/New_York",
    "et": "America/New_York",
    "w. europe standard time": "Europe/Berlin",
    "gmt standard time": "Europe/London",
    "z": "UTC",
}


WITHOUT_SUMMER = {"EST", "HST", "MST"}  # IANA knows them, and whoever writes one means a place


def _zone(name: str) -> str:
    if name not in available_timezones() - WITHOUT_SUMMER:
        raise ValueError(f"is not an IANA time zone such as Europe/Stockholm{_nearest(name)}")
    return name


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 # no Lambda starts with a wrong zone

    folded = "_".join(name.casefold().replace("\\", "/").split())
    known = _known()
    found = OTHER_NAMES.get(name.casefold()) or known.get(folded)
    spelt = [zone for zone in known if not zone.startswith(("etc/", "utc", "gmt"))]
    close = [] if found else get_close_matches(folded, spelt, n=1, cutoff=0.75)
    told = found or next(map(known.__getitem__, close), None)
    return f'; did you mean "{told}"?' if told else ""


def _known() -> dict[str, str]:
    """By their names and by their cities', in small letters."""
    zones = {zone.casefold(): zone for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"}
    return {zone.rpartition("/")[2]: full for zone, full in reversed(zones.items())} | zones


Zone = Annotated[str, AfterValidator(_zone)]
