"""Text as it is kept and compared: composed, trimmed, without what nobody sees."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Category C is dropped whole: control and format characters, half characters, what no standard assigns. These are
# invisible too (Unicode's Default_Ignorable_Code_Point, https://www.unicode.org/reports/tr44/), and count as letters.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")

# What ends a line and is no control character; two systems' lines are compared in a text of lines.
_BREAKS = re.compile("[\u2028\u2029]+")


# Blanks, tabs and ends of lines, whichever they are; not what scanners send between fields (U+001C to U+001F).
_BLANKS = re.compile("[^\\S\x1c-\x1f]+")


def with_plain_blanks(text: str) -> str:
    """Where words are parted by something else than blanks, a blank parts them: to clean it away would join them."""
    return _BLANKS.sub(lambda found: found[0] if found[0].isascii() and found[0].isprintable() else " ", text)


def cleaned(text: str) -> str:
    """Composed, trimmed, on one line, without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text.strip()
    visible = "".join(
        c for c in unicodedata.normalize("NFC", _BREAKS.sub(" ", text)) if unicodedata.category(c)[0] != "C"
    )
    return _INVISIBLE.sub("", visible).strip()


def folded(text: str) -> str:
    """Without case and spacing, which neither system keeps."""
    return " ".join(text.split()).casefold()


def digest(text: str) -> str:
    """SHA-256, the first 24 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
