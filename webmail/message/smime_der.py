"""Pieces of DER that asn1crypto has no class for."""

from asn1crypto import core


def sequence(*items: core.Asn1Value) -> core.SequenceOf:
    """A SEQUENCE of items of any kind."""
    made = core.SequenceOf(spec=core.Any)
    for each in items:
        made.append(core.Any(each))
    return made
