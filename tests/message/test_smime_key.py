"""PKCS#12 files: what opening one may cost."""

import pytest
from asn1crypto import pkcs12 as asn1_pkcs12

from tests.message.signing import Authority
from tests.message.signing_files import OPENS, p12_of, pair_of
from webmail.message.smime_key import BadCertificate, read_pkcs12, write_pkcs12

OURS, MANY = b"\x02\x03\x09\x27\xc0", b"\x02\x03\x7f\xff\xff"  # 600,000 and 8,388,607, in DER


@pytest.fixture(scope="module")
def signer():
    return Authority().signer("anna@example.org")


@pytest.fixture(scope="module")
def written(signer):
    return write_pkcs12(pair_of(signer), OPENS, name="mine")


def test_a_file_as_hearth_and_others_write_it_is_opened(signer, written):
    for file in (written, p12_of(signer).getvalue()):
        assert read_pkcs12(file, OPENS).certificate == signer.certificate


@pytest.mark.parametrize("which", [0, 1], ids=["certificates", "key"])
def test_a_file_cannot_name_how_long_opening_it_takes(written, which):
    before = written.split(OURS)
    assert len(before) == 3
    file = OURS.join(before[: which + 1]) + MANY + OURS.join(before[which + 1 :])
    with pytest.raises(BadCertificate, match="takes too long to open"):
        read_pkcs12(file, OPENS)


def test_nor_can_its_seal(written):
    file = asn1_pkcs12.Pfx.load(written)
    file["mac_data"]["iterations"] = 2**31 - 1  # minutes, in which no other thread would run
    with pytest.raises(BadCertificate, match="takes too long to open"):
        read_pkcs12(file.dump(), OPENS)


def test_what_hides_how_long_it_takes_is_not_opened(written):
    pbkdf2 = bytes.fromhex("06092a864886f70d01050c")
    with pytest.raises(BadCertificate, match="of a kind unknown here"):
        read_pkcs12(written.replace(pbkdf2, pbkdf2[:-1] + b"\x7f"), OPENS)
