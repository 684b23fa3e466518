"""RFC 8291 by its own example (appendix A), and keys that are none."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from webmail.push.encrypted import BadKey, base64url, encrypt, read_keys, unbase64url

UA_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_to_the_octet():
    private = int.from_bytes(unbase64url(AS_PRIVATE), "big")
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        UA_PUBLIC,
        AUTH,
        own=ec.derive_private_key(private, ec.SECP256R1()),
        salt=unbase64url(SALT),
    )
    assert base64url(made) == MESSAGE


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        *(("", ""), (UA_PUBLIC, ""), (UA_PUBLIC, AUTH[:-2]), (UA_PUBLIC[:-2], AUTH)),
        *((UA_PUBLIC, "§" * 22), ("B" + "A" * 86, AUTH), (UA_PUBLIC * 30, AUTH)),
    ],
)
def test_what_is_no_key_of_a_browser_is_refused(p256dh, auth):
    with pytest.raises(BadKey):
        read_keys(p256dh, auth)
