"""Hearth: webmail for a household, read from the mail server itself.

Mail stays on the server.  We hold sessions to it, turn its answers into our own
values at one line, and draw them with templates.  Only what a mail server cannot
keep (users, accounts, identities, drafts in progress, the outbox) is in the database.

The layers, from the top; each imports only what stands below it::

    web                              the screens: one module each
    submission  attachments  push    the outbox, uploads, news
    index                            what we remember of the mailboxes; disposable
    openpgp  smime                   keys and certificates, to sign and encrypt with
    accounts                         who may read what, and the vault of secrets
    store   discovery                the message store (IMAP) behind one protocol
    message   outbound               RFC 5322 and MIME; every outgoing connection

``message``, ``store`` and ``outbound`` import no Django: the mail core runs in a REPL.

A reading order: ``urls.py`` (every feature), ``store/protocol.py`` (what a mail server
can do for us), ``store/mailbox.py`` (its values), ``index/sync.py`` (how a list stays
true), ``web/messages.py`` (a screen), ``submission/pipeline.py`` (how a message leaves).
"""
