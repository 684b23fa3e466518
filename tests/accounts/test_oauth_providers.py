"""The administrator's file of OAuth providers: what it takes, and what it will not."""

import json

import pytest

from webmail.accounts.oauth_providers import BadProvider, read_providers

GOOD = {
    "key": "example",
    "name": "Example",
    "issuer": "https://id.example.org",
    "authorization_endpoint": "https://id.example.org/authorize",
    "token_endpoint": "https://id.example.org/token",
    "jwks_uri": "https://id.example.org/keys",
    "client_id": "hearth",
    "client_secret": "very-secret",
    "scope": "openid email mail",
    "submission": "submissions://smtp.example.org:465",
}


def read(tmp_path, *entries):
    file = tmp_path / "providers.json"
    file.write_text(json.dumps(list(entries)))
    return read_providers(str(file))


def test_a_provider_is_read_by_its_key_and_hides_its_secret(tmp_path):
    found = read(tmp_path, GOOD)["example"]
    assert (found.name, found.username_claim) == ("Example", "email")
    assert "very-secret" not in repr(found)
    assert "very-secret" not in found.binding


def test_without_a_file_there_is_none():
    assert read_providers("") == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token_endpoint": "http://id.example.org/token"}, "token_endpoint must be an https"),
        ({"token_endpoint": "https://a:b@id.example.org/token"}, "token_endpoint must be an https"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri must be an https"),
        ({"issuer": ""}, "issuer must be an https"),
        ({"scope": "email mail"}, "scope must name openid"),
        ({"submission": "submission://smtp.example.org"}, "unprotected"),
        ({"key": "../x"}, "key must be small letters"),
        ({"client_id": ""}, "must not be empty"),
        ({"client_id": 5}, "must be a text"),
        ({"colour": "red"}, "there is no setting colour"),
    ],
)
def test_what_would_lead_a_token_astray_is_refused(tmp_path, change, words):
    with pytest.raises(BadProvider, match=words):
        read(tmp_path, GOOD | change)


def test_a_lack_is_named(tmp_path):
    with pytest.raises(BadProvider, match="lacks.*jwks_uri"):
        read(tmp_path, {name: value for name, value in GOOD.items() if name != "jwks_uri"})
    (tmp_path / "no.json").write_text("{")
    with pytest.raises(BadProvider, match="is not JSON"):
        read_providers(str(tmp_path / "no.json"))
