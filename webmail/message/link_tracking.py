"""Links without what follows their reader: counting parameters off, known detours undone.

Only a detour whose target stands in the URL itself can be undone; nothing is asked of anybody.
"""

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from webmail.message.links import safe_link

_MAX_DETOURS = 5
_FOLLOWING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|twclid|ttclid|yclid|ysclid|igshid"
    r"|igsh|li_fat_id|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hs\w+|hsctatracking|vero_id|vero_conv"
    r"|_kx|oly_anon_id|oly_enc_id|rb_clickid|s_cid|sc_cid|_openstat|wickedid|ml_subscriber"
    r"|ml_subscriber_hash|mtm_\w+|pk_campaign|pk_kwd|pk_source|pk_medium|piwik_\w+|hsa_\w+"
    r"|elqtrackid|elqtrack|trk_contact|trk_msg|trk_module|trk_sid|epik|ck_subscriber_id|bsft_\w+"
    r"|cvosrc|_branch_match_id|ref_src|guce_referrer\w*|spm)",
    re.IGNORECASE,
)


def true_link(target: str) -> str | None:
    """As ``safe_link``, with known detours undone and following parameters taken off."""
    link = safe_link(target)
    for _ in range(_MAX_DETOURS):
        if link is None or not (onward := _onward(link)):
            break
        link = onward
    return _without_following(link) if link and link.startswith("http") else link


def _onward(link: str) -> str | None:
    """Where a detour leads; None for all else."""
    parts = urlsplit(link)
    host = (parts.hostname or "").lower()
    for pattern, path, find in _DETOURS:
        if pattern.fullmatch(host) and re.match(path, parts.path, re.IGNORECASE):
            found = _absolute(find(parts))
            if found is not None:
                return found
    return None


def _absolute(target: str) -> str | None:
    """Only ever another web page: what is no whole http or https address stays as it was."""
    if not re.match(r"https?://", target, re.IGNORECASE):
        return None
    return safe_link(target)


def _without_following(link: str) -> str:
    parts = urlsplit(link)
    if not parts.query:
        return link
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _FOLLOWING.fullmatch(pair.partition("=")[0])]
    return link if len(kept) == len(pairs) else urlunsplit(parts._replace(query="&".join(kept)))


# -- where each keeps the target --------------------------------------------------------------

_Find = Callable[[SplitResult], str]


def _query(*names: str) -> _Find:
    def find(parts: SplitResult) -> str:
        try:
            pairs = dict(reversed(parse_qsl(parts.query, max_num_fields=100)))
        except ValueError:
            return ""
        wanted = {name.lower(): value for name, value in pairs.items()}
        return next((wanted[name] for name in names if wanted.get(name)), "")

    return find


def _in_path(pattern: str) -> _Find:
    """The target stands in the path, escaped once more or not at all."""

    def find(parts: SplitResult) -> str:
        match = re.search(pattern, parts.path, re.IGNORECASE)
        return unquote(match[1]) if match else ""

    return find


def _proofpoint_2(parts: SplitResult) -> str:
    return unquote(_query("u")(parts).replace("-", "%").replace("_", "/"))


def _proofpoint_3(parts: SplitResult) -> str:
    """``/v3/__<url>__;<base64>!…``: each ``*`` stands for the next of the octets cut out.

    ``**X`` stands for as many as X says: ``A`` is two.
    """
    query = f"?{parts.query}" if parts.query else ""
    match = re.match(r"/v3/__(.+?)__;([\w-]*)(?:!|$)", unquote(parts.path + query))
    if match is None:
        return ""
    # Some servers fold the slashes of an address inside a path.
    url = re.sub(r"^(https?):/+", r"\1://", match[1])
    return _with_octets(url, _base64(match[2])) if match[2] else url


_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _with_octets(url: str, octets: bytes) -> str:
    letters = iter(octets.decode("utf-8", "replace"))

    def given(match: re.Match[str]) -> str:
        count = _RUNS.index(match[1]) + 2 if match[1] else 1
        return "".join(next(letters, "") for _ in range(count))

    return re.sub(r"\*(?:\*([\w-]))?", given, url, flags=re.ASCII)


def _mandrill(parts: SplitResult) -> str:
    """JSON within JSON: ``{"p": "{\\"url\\": …}"}``."""
    outer = _json(_query("p")(parts))
    return _text(_json_text(_text(outer.get("p"))).get("url"))


def _substack(parts: SplitResult) -> str:
    match = re.match(r"/redirect/2/([\w-]+)", parts.path)
    return _text(_json(match[1]).get("e")) if match else ""


def _bing(parts: SplitResult) -> str:
    value = _query("u")(parts)
    return _base64(value[2:]).decode("utf-8", "replace") if value.startswith("a1") else ""


def _sophos(parts: SplitResult) -> str:
    return _base64(_query("u")(parts)).decode("utf-8", "replace")


def _whole_query(parts: SplitResult) -> str:
    return unquote(parts.query)


def _json(text: str) -> dict[str, object]:
    return _json_text(_base64(text).decode("utf-8", "replace"))


def _json_text(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _base64(text: str) -> bytes:
    text = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


_ESCAPED_PATH = r"/(?:L|CL)0/(https?(?::|%3A).+?)/\d+/"
# host, start of the path, where the target is
_TABLE: tuple[tuple[str, str, _Find], ...] = (
    (r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}", r"/url$", _query("q", "url")),
    (r"(?:[\w-]+\.)*safelinks\.protection\.outlook\.(?:com|cn|us)", r"/", _query("url")),
    (r"statics\.teams\.cdn\.office\.net", r"/evergreen-assets/safelinks", _query("url")),
    (r"(?:[\w-]+\.)*safelink\.emails\.azure\.net", r"/redirect", _query("destination")),
    (r"urldefense(?:\.proofpoint)?\.com", r"/v1/url", _query("u")),
    (r"urldefense(?:\.proofpoint)?\.com", r"/v2/url", _proofpoint_2),
    (r"urldefense(?:\.proofpoint)?\.(?:com|us)", r"/v3/", _proofpoint_3),
    (r"(?:l|lm)\.(?:facebook|instagram|messenger)\.com|l\.threads\.(?:net|com)", r"/", _query("u")),
    (r"l\.wl\.co", r"/l", _query("u")),
    (r"(?:www\.)?facebook\.com", r"/(?:l\.php|flx/warn)", _query("u")),
    (r"(?:www\.)?linkedin\.com", r"/(?:redir/redirect|redir/.*|safety/go)", _query("url")),
    (r"(?:www\.)?slack-redir\.net", r"/link", _query("url")),
    (r"t\.umblr\.com", r"/redirect", _query("z")),
    (r"(?:www\.)?steamcommunity\.com", r"/linkfilter", _query("url", "u")),
    (r"(?:[\w-]+\.)*awstrack\.me", r"/L0/", _in_path(_ESCAPED_PATH)),
    (r"click\.redditmail\.com", r"/CL0/", _in_path(_ESCAPED_PATH)),
    (r"(?:[\w-]+\.)*mandrillapp\.com", r"/track/click", _mandrill),
    (r"(?:[\w-]+\.)*substack\.com", r"/redirect/2/", _substack),
    (r"(?:www\.)?youtube\.com", r"/redirect", _query("q")),
    (r"out\.reddit\.com", r"/", _query("url")),
    (r"(?:away\.|m\.|www\.)?vk\.(?:com|ru)", r"/away", _query("to")),
    (r"(?:www\.)?deviantart\.com", r"/users/outgoing", _whole_query),
    (r"href\.li", r"/$", _whole_query),
    (r"(?:exit\.sc|gate\.sc)", r"/", _query("url")),
    (r"(?:html\.)?duckduckgo\.com", r"/l/", _query("uddg")),
    (r"(?:www\.)?bing\.com", r"/ck/a", _bing),
    (r"linkprotect\.cudasvc\.com", r"/url", _query("a")),
    (r"secure-web\.cisco\.com", r"/", _in_path(r"/(https?(?::|%3A).+)$")),
    (r"clicktime\.symantec\.com", r"/", _query("u")),
    (r"protect2?\.fireeye\.com", r"/", _query("u")),
    (r"(?:[\w-]+\.)*trendmicro\.(?:com|eu)", r"/wis/clicktime", _query("url")),
    (r"(?:[\w-]+\.)*protection\.sophos\.com", r"/", _sophos),
    (r"getpocket\.com", r"/redirect", _query("url")),
    (r"(?:www\.)?(?:pinterest)\.com", r"/offsite", _query("url")),
    (r"shared\.outlook\.inky\.com|links\.rocketmail\.com", r"/redirect", _query("url")),
    (r"c\.(?:disquscdn|disqus)\.com|disq\.us", r"/url", _query("url")),
    (r"track\.adform\.net|click\.linksynergy\.com", r"/", _query("murl", "cpdir")),
    (r"(?:www\.)?awin1\.com", r"/(?:cread|awclick)", _query("ued", "p")),
)
_DETOURS = tuple((re.compile(host), path, find) for host, path, find in _TABLE)
