"""The OAuth providers that the administrator wrote down, in the file of WEBMAIL_OAUTH_FILE.

One JSON list of objects with the names of ``Provider``'s fields.  Nothing is asked of a provider
but what its person allows, and nothing at all without this file.
"""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path

from webmail.outbound import BadEndpoint, parse_endpoint
from webmail.outbound_oauth import is_web_address


class BadProvider(ValueError):
    """The file cannot be used; the sentence says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Provider:
    """``scope`` must name openid, so that the answer is bound to the question by a nonce."""

    key: str
    name: str
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    client_id: str
    scope: str
    submission: str
    client_secret: str = field(default="", repr=False)
    username_claim: str = "email"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9-]{1,20}", self.key):
            raise BadProvider(f"key must be small letters, digits and -, not {self.key!r}.")
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_web_address(getattr(self, name)):
                raise BadProvider(f"{self.key}: {name} must be an https address.")
        if "openid" not in self.scope.split():
            raise BadProvider(f"{self.key}: scope must name openid.")
        if not self.client_id or not self.name:
            raise BadProvider(f"{self.key}: name and client_id must not be empty.")
        try:
            parse_endpoint(self.submission, "submission")
        except BadEndpoint as problem:
            raise BadProvider(f"{self.key}: submission: {problem}") from problem

    @property
    def binding(self) -> str:
        """What a permission was given for: with any of it changed, it must be given anew."""
        return f"{self.issuer}|{self.token_endpoint}|{self.client_id}|{self.submission}"


def read_providers(path: str) -> dict[str, Provider]:
    """By key; raises BadProvider, or OSError."""
    if not path:
        return {}
    try:
        entries = json.loads(Path(path).read_text("utf-8"))
    except ValueError as problem:
        raise BadProvider(f"{path} is not JSON: {problem}") from problem
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise BadProvider(f"{path} must be a list of objects.")
    found = [_provider(entry) for entry in entries]
    return {each.key: each for each in found}


def _provider(entry: dict[str, object]) -> Provider:
    known = {each.name for each in fields(Provider)}
    if unknown := sorted(set(entry) - known):
        raise BadProvider(f"there is no setting {', '.join(unknown)}.")
    if not all(isinstance(value, str) for value in entry.values()):
        raise BadProvider("every value must be a text.")
    try:
        return Provider(**entry)  # type: ignore[arg-type]
    except TypeError as problem:
        missing = str(problem).partition(": ")[2]
        raise BadProvider(f"a provider lacks {missing}.") from problem
