"""Why mail was refused, in plain words, and how mail servers say it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """``words`` goes after a colon; ``advice`` is one sentence, or empty."""

    words: str
    advice: str = ""


FULL = Reason(
    "the receiver’s mailbox is full", "Try again in a few days, or reach them another way."
)
UNKNOWN = Reason(
    "there is no such address", "Check the spelling of the address, then send it again."
)
DISABLED = Reason(
    "the receiver’s mailbox is switched off", "Ask them another way for an address they use."
)
MOVED = Reason(
    "the receiver has moved and left no new address",
    "Ask them another way for the address they use now.",
)
NO_DOMAIN = Reason(
    "the part of the address after the @ does not exist or takes no mail",
    "Check the spelling after the @, then send it again.",
)
BAD_ADDRESS = Reason(
    "the address is not written as an address must be", "Check the address for a typing mistake."
)
AMBIGUOUS = Reason(
    "the address fits more than one person", "Ask the receiver for their full address."
)
SENDER = Reason(
    "their server did not accept your address as a sender",
    "Send it from the address of the account you are using.",
)
TOO_LARGE = Reason(
    "the message is too large for the receiver",
    "Send it with smaller files, or share the files with a link.",
)
NO_ROOM = Reason("their mail server has no room left", "Try again in a few days.")
CLOSED = Reason(
    "their mail server takes no mail at the moment", "Try again later, or reach them another way."
)
UNREACHABLE = Reason(
    "their mail server could not be reached",
    "Check the spelling after the @; if it is right, try again later.",
)
EXPIRED = Reason(
    "their mail server did not take it in time",
    "Try again later, or reach them another way.",
)
LOOP = Reason(
    "it went round in circles between mail servers",
    "The receiver’s provider has to mend that. Reach them another way.",
)
TOO_MANY = Reason(
    "too many messages came in a short time", "Wait an hour or two, then send it again."
)
TOO_MANY_RECEIVERS = Reason("it had too many receivers", "Send it to fewer people at a time.")
NOT_ALLOWED = Reason(
    "you are not allowed to write to this address",
    "Ask the owner of the address or of the list to let you write.",
)
SPAM = Reason(
    "their server took it for unwanted mail",
    "Reach the receiver another way and ask them to let your mail through.",
)
BLOCKED = Reason(
    "their server does not take mail from your mail server",
    "Tell whoever runs your mail server; the server’s answer below says more.",
)
UNPROVEN = Reason(
    "their server could not make sure that it really came from you",
    "Tell whoever runs your mail server: SPF, DKIM or DMARC is not in order.",
)
CONTENT = Reason(
    "their server does not accept what is in it",
    "Send it without the attached files, or share them with a link.",
)
VIRUS = Reason(
    "their server found something harmful in it",
    "Check your files for viruses before sending again.",
)
SIGN_IN = Reason(
    "the mail server wanted you to sign in first", "Check the settings of the program that sent it."
)
ENCRYPTION = Reason(
    "a protected connection to their server was not possible",
    "Tell whoever runs your mail server; the server’s answer below says more.",
)
POLICY = Reason(
    "their server’s rules do not allow it", "The server’s answer below may say which rule it was."
)
FAULT = Reason("their mail server had a fault", "Try again later.")
UNSAID = Reason("their server did not say why")

# The first that fits counts.
WORDS: tuple[tuple[Reason, str], ...] = (
    (SENDER, r"sender verify fail|sender (?:was |is )?(?:rejected|denied)"),
    (
        FULL,
        r"mailbox (?:is )?(?:\w+ )?full|full mailbox|quota violation|"
        r"(?:mail ?box|disk|storage) space not enough|not enough (?:mailbox|disk|storage) space|"
        r"(?:over|exceed\w*|out of|hit)\W+(?:\w+\W+){0,3}?(?:quota|storage limit|allowed size)|"
        r"mail ?folder is full|"
        r"quota (?:is )?(?:exceed|full)|over ?quota|disk quota|insufficient disk quota|"
        r"mailbox size limit|mailbox exceeds|inbox is full|"
        r"sufficient storage for the recipient|box .{0,40}全|容量.{0,12}超|user is over",
    ),
    (
        VIRUS,
        r"virus|malware|infected|\bworm\b|trojan",
    ),
    (
        LOOP,
        r"too many hops|mail loop|loop(?:s back|ing| detected)|hop ?count|routing loop",
    ),
    (
        TOO_LARGE,
        r"message (?:size|is too|too|file)\W.{0,30}(?:exceed|large|big)|size limit|"
        r"too (?:large|big)|exceed(?:s|ed|ing)? .{0,30}(?:size|maximum)",
    ),
    (
        UNPROVEN,
        r"dmarc|\bdkim\b|\bspf\b|unauthenticated (?:email|mail)|sender policy",
    ),
    (
        DISABLED,
        r"(?:account|mailbox|user|address|recipient)\W{1,3}(?:\w+\W+){0,5}?(?:disabled|"
        r"inactive|suspended|frozen|deactivated|closed|locked|discontinued|"
        r"no longer (?:active|in use|available|valid))|(?:disabled|inactive|suspended|"
        r"frozen) (?:account|mailbox|user|recipient)|is not active|not accepting (?:messages|"
        r"mail)",
    ),
    (
        MOVED,
        r"has moved|user (?:has )?moved|no longer works? (?:here|at)|left the company",
    ),
    (
        TOO_MANY_RECEIVERS,
        r"too many recipients",
    ),
    (
        TOO_MANY,
        r"too many (?:messages|mails|connections|emails)|rate.?limit|frequency limit|throttl|"
        r"sending too (?:fast|many)|unusual rate|limit exceeded",
    ),
    (
        SPAM,
        r"\bspam|unsolicited|junk mail|\bbulk mail|phish|looks like (?:an )?(?:ad|automated)",
    ),
    (
        BLOCKED,
        r"blacklist|block ?list|\bdnsbl\b|\brbl\b|spamhaus|spamcop|reputation|blocked using|"
        r"(?:ip|host|client|client host)\W.{0,40}(?:block|rejected|banned|denied)|"
        r"poor reputation|no ptr|reverse dns|cannot find your (?:reverse )?hostname",
    ),
    (
        VIRUS,
        r"\bbanned\b.{0,60}\.(?:exe|bat|js|vbs|scr|com|zip)",
    ),
    (
        CONTENT,
        r"content rejected|banned (?:file|content|attach)|attachment|message content|"
        r"executable|encrypted (?:zip|archive)",
    ),
    (
        UNKNOWN,
        r"user\W{1,2}(?:is )?unknown|unknown\W{1,3}(?:user|recipient|mailbox|address|local)|"
        r"no such\W{1,3}(?:\w+\W+){0,2}?(?:user|address|recipient|mailbox|person|account|"
        r"local)|nosuchuser|(?:user|recipient|mailbox|address|account|email account|"
        r"name)\W{1,3}(?:\S+\s+){0,7}?(?:not found|(?:does|do|did)(?:n.t| not)\s+exist|"
        r"not (?:be )?(?:recogni[sz]ed|exist|listed|known)|wasn.t found|couldn.t be found|"
        r"unavailable|invalid)|unrouteable address|no mailbox (?:here )?by that name|"
        r"invalid (?:final delivery )?(?:recipient|mailbox|address|user)|addressee unknown|"
        r"did not (?:exactly )?match|n.existe pas|no existe|existiert nicht|non esiste|não existe|"
        r"bestaat niet|не существует|recipient ?not ?found|recipnotfound|"
        r"not a (?:valid|known|local) (?:user|recipient|mailbox)|doesn.t have an? \S+ account|"
        r"does not have an? \S+ account|is not a member of|verification failed for <|"
        r"email account that you tried to reach does|unknown or illegal alias|"
        r"bad destination mailbox|no valid recipients|"
        r"ディレクトリのリストにありません|見つかりません|unknown e-?mail address|"
        r"adressat unbekannt|destinataire inconnu",
    ),
    (
        AMBIGUOUS,
        r"not unique|\bambiguous",
    ),
    (
        NO_DOMAIN,
        r"host (?:or domain )?(?:name )?(?:not found|unknown)|unknown host|no such domain|"
        r"domain\W{1,3}(?:\S+\s+){0,4}?(?:not (?:found|exist)|does(?:n.t| not) exist|unknown)|"
        r"could not find a gateway|dns (?:error|lookup|failure)|null ?mx|no mx|"
        r"name service error|badly formed mx|couldn.t find any host|"
        r"couldn't be found\. .{0,30}domain|nxdomain|no (?:mail )?route to",
    ),
    (
        NOT_ALLOWED,
        r"not (?:a )?(?:member|subscriber)|permission to post|not (?:authori[sz]ed|permitted|"
        r"allowed) to (?:send|post|submit)|members only|restricted to|"
        r"sender (?:is )?not allowed|delivery not authorized|only accepts mail from|"
        r"not allowed to send",
    ),
    (
        SIGN_IN,
        r"smtp auth|authentication (?:is )?required|"
        r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited)|unable to relay|"
        r"not permitted to relay|we do not relay|use the smtp server of your isp",
    ),
    (
        SENDER,
        r"sender (?:address|domain|verify)\W.{0,30}(?:reject|not|fail|invalid|denied)|"
        r"invalid sender|from address|bad sender",
    ),
    (
        ENCRYPTION,
        r"starttls|\btls\b|certificate",
    ),
    (
        EXPIRED,
        r"expired|not been collected|"
        r"delivery time ?(?:-)?out|retry time(?:out)?|could not be delivered (?:for|"
        r"within|in)|too old|aborted after|not yet been delivered|in (?:the )?queue too long|"
        r"retry timeout",
    ),
    (
        UNREACHABLE,
        r"connection (?:refused|timed out|reset|lost|dropped|failed|was dropped)|timed? ?out|"
        r"no (?:smtp )?connection|unreachable|couldn.t connect|could not connect|"
        r"can.t connect|not responding|did not respond|network error|no answer from host|"
        r"failed to connect",
    ),
    (
        CLOSED,
        r"service (?:is )?(?:currently |temporarily )?unavailable|temporar(?:y|ily)|"
        r"try again later|greylist|grey-list|server (?:is )?busy|too busy",
    ),
    (
        NO_ROOM,
        r"insufficient (?:system )?(?:storage|disk)|disk (?:is )?full|no space left",
    ),
    (
        SPAM,
        r"rejected due to security|suspicious|poor quality mail",
    ),
    (
        POLICY,
        r"\bpolic(?:y|ies)\b|mail rejected|access denied|administrative prohibition",
    ),
    (
        FAULT,
        r"command died|configuration error|internal (?:server |software )?error",
    ),
)
