"""Names of people and recordings as texts, and as names that any file system takes."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import PurePath

LONGEST = 120
"""Bytes of a name in UTF-8; suffixes come on top, and some encrypted folders take 143 in all."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def typed(text: str) -> str:
    """A name as it was typed, from an argument of the command line: what the locale could not decode is UTF-8,
    or else Latin-1."""
    if text.isascii() or not re.search("[\ud800-\udfff]", text):
        return text
    raw = os.fsencode(text)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def same_file_name(name: str) -> str:
    """What two names have in common that are one to some file systems: equal but for case or for how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def safe_file_name(name: str) -> str:
    """The name itself if a file can have it anywhere; else what is left of it, and the start of its sha256.

    A safe name stays as it is, and names that differ (in more than how accents are written) stay different.
    """
    name = unicodedata.normalize("NFC", name)
    safe = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name).strip(" .")
    if safe == name and safe and len(safe.encode()) <= LONGEST and not _RESERVED.fullmatch(safe):
        return safe
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = safe.encode()[: LONGEST - len(digest) - 1].decode(errors="ignore")
    kept = kept.partition(".")[0] if _RESERVED.fullmatch(kept) else kept
    return f"{kept or 'recording'}-{digest}"


def safe_film_name(name: str) -> str:
    """A file's name that any file system takes, its suffix kept, by which poses are told from videos."""
    suffix = PurePath(name).suffix
    suffix = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,10}", suffix) else ""
    return safe_file_name(name.removesuffix(suffix)) + suffix
