"""Whether a submission server takes a user name and password: one AUTH, and no message."""

import re

from webmail.accounts import connect
from webmail.accounts.identity_servers import Access, addresses_to_use, allowed_endpoint
from webmail.outbound import parse_endpoint
from webmail.outbound_sasl import BearerToken
from webmail.submission.endings import SignInRefused, SubmissionError
from webmail.submission.smtp import Submission

PATIENCE_S = 25  # somebody waits in front of a page

# RFC 5248 and RFC 4954 for the first; what Google and Microsoft say for the rest.
_ADVICE = {
    "5.7.8": "Check the user name and the password. Some providers want an app password here.",
    "5.7.9": "This server wants an app password, or another way of signing in.",
    "5.7.3": "Check the user name and password; some accounts must first allow this (SMTP AUTH).",
    "5.7.139": "This account must first allow signing in with a password (SMTP AUTH).",
    "5.7.14": "The provider wants you to sign in on its web page first.",
    "5.7.11": "The server takes this password on an encrypted connection only.",
    "5.7.0": "The server does not take passwords from here.",
    "5.7.1": "The server does not let this account send.",
    "4.7.12": "The server wants the password to be set anew at the provider.",
    "4.7.0": "The server cannot check passwords just now. Try again in a while.",
    "4.3.0": "The server is busy. Try again in a while.",
}
_STATUS = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
_NO_STATUS = "Check the user name and the password."
_NO_AUTH = (
    "{host} takes no password on this connection, so it is no server to send by. "
    "Ask the provider for the name of its sending server."
)


def prove(access: Access) -> None:
    """Signs in there, once.  Raises NotAllowed, or the SubmissionError tree."""
    endpoint = allowed_endpoint(access.url)
    addresses = addresses_to_use(endpoint)
    with Submission(
        endpoint, connect.tls_context(), patience_s=PATIENCE_S, addresses=addresses
    ) as server:
        server.connect()
        if not server.offers_sign_in:
            raise SubmissionError(_NO_AUTH.format(host=endpoint.host))
        server.sign_in(access.username, access.password.reveal())


def prove_token(access: Access, token: BearerToken) -> None:
    """The same by a provider's permission, with the access token that came with it."""
    endpoint = parse_endpoint(access.url, "submission")
    with Submission(endpoint, connect.tls_context(), patience_s=PATIENCE_S) as server:
        server.connect()
        server.sign_in_with_token(access.username, token)


def advice_on(error: SubmissionError) -> str:
    """What to do about it; empty where the error says all."""
    said = _STATUS.search(str(error))
    if said is None:
        return _NO_STATUS if isinstance(error, SignInRefused) else ""
    return _ADVICE.get(said[0], _NO_STATUS if isinstance(error, SignInRefused) else "")
