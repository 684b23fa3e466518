"""Pictures that HTML names by where they came from: Content-Location (RFC 2557)."""

import re
from collections.abc import Iterable
from html import escape

from webmail.message.bodystructure import Part

_MAX_PLACES = 100


def id_at_location(part: Part) -> str:
    return f"location:{part.section}"


def named_by_id(source: str, parts: Iterable[Part]) -> str:
    """Pictures named by their Content-Location (RFC 2557) named as by a Content-ID instead."""
    places = {
        spelled: part
        for part in list(parts)[:_MAX_PLACES]
        if part.content_location and part.media_type.startswith("image/")
        for spelled in (part.content_location, escape(part.content_location, quote=False))
    }
    if not places or not any(place in source for place in places):
        return source
    named = "|".join(map(re.escape, places))
    return re.sub(
        rf"(\b(?i:src|background)\s*=\s*)([\"']?)({named})(?=[\"'\s>])",
        lambda found: f"{found[1]}{found[2]}cid:{id_at_location(places[found[3]])}",
        source,
    )
