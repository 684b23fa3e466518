"""The whole URL map: the table of contents of the product."""

from django.urls import path, register_converter

from webmail.web import (
    abuse,
    actions,
    all_files,
    colors,
    compose,
    conversation_edits,
    encryption,
    folders,
    forward,
    health,
    images,
    installing,
    invitation_answer,
    leaving,
    mailboxes,
    messages,
    nested,
    news,
    openpgp_reading,
    outbox,
    parts_zip,
    pictures,
    previews,
    printing,
    receipt_answer,
    redirect,
    search,
    settings,
    sign_in,
    signed,
    trust,
    unified,
    unsubscribe,
    uploads,
    viewer,
)
from webmail.web.paths import MailboxConverter, PlaceConverter

register_converter(MailboxConverter, "mailbox")
register_converter(PlaceConverter, "place")

_MESSAGE = "mail/<account>/<mailbox:mailbox>/<place:place>/"

urlpatterns = [
    path("", mailboxes.home, name="home"),
    path("sign-in/", sign_in.show, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("healthz", health.show, name="healthz"),
    path("app.webmanifest", installing.manifest, name="manifest"),
    # reading
    path("mail/", mailboxes.home, name="mail"),
    path("mail/actions/", actions.act, name="actions"),
    path("mail/colours/", colors.remember, name="colours"),
    path("mail/conversations/", conversation_edits.edit, name="conversations"),
    path("undo/", actions.undo, name="undo"),
    path("mail/trust/", trust.accept, name="trust"),
    path("mail/all/", unified.show, name="unified"),
    path("mail/<account>/", folders.show, name="folders"),
    path("mail/<account>/<mailbox:mailbox>/", mailboxes.show, name="mailbox"),
    path("mail/<account>/<mailbox:mailbox>/files/", all_files.show, name="mailbox-files"),
    path(_MESSAGE, messages.show, name="message"),
    path(f"{_MESSAGE}body/", messages.body, name="message-body"),
    path(f"{_MESSAGE}print/", printing.show, name="message-print"),
    path(f"{_MESSAGE}source/", messages.source, name="message-source"),
    path(f"{_MESSAGE}link/", leaving.ask, name="message-link"),
    path(f"{_MESSAGE}part/<section>/", nested.part, name="message-part"),
    path("images/<token>/", images.show, name="image"),
    path("pictures/", pictures.decide, name="pictures"),
    path(f"{_MESSAGE}invitation/", invitation_answer.answer, name="invitation-answer"),
    path(f"{_MESSAGE}signed/", signed.source, name="message-signed"),
    path(f"{_MESSAGE}openpgp/", openpgp_reading.show, name="message-openpgp"),
    path(f"{_MESSAGE}unsubscribe/", unsubscribe.unsubscribe, name="message-unsubscribe"),
    path(f"{_MESSAGE}receipt/", receipt_answer.answer, name="receipt-answer"),
    path(f"{_MESSAGE}redirect/", redirect.redirect, name="message-redirect"),
    path(f"{_MESSAGE}abuse/", abuse.report, name="message-abuse"),
    path(f"{_MESSAGE}part/<section>/view/", viewer.show, name="message-part-view"),
    path(f"{_MESSAGE}part/<section>/preview/", previews.show, name="message-part-preview"),
    path(f"{_MESSAGE}parts.zip", parts_zip.show, name="message-parts"),
    path("rail/<account>/", news.rail, name="rail"),
    path("search/", search.show, name="search"),
    path("search/found/<search>/", search.show_found, name="search-found"),
    # writing
    path("compose/", compose.new, name="compose"),
    path("forward/", forward.forward, name="forward"),
    path("compose/<draft>/", compose.edit, name="draft"),
    path("compose/<draft>/files/", uploads.add, name="draft-files"),
    path("compose/<draft>/files/<file>/", uploads.show, name="draft-file"),
    path("compose/<draft>/files/<file>/remove/", uploads.remove, name="draft-file-remove"),
    path("outbox/", outbox.show, name="outbox"),
    path("outbox/<key>/", outbox.act, name="outbox-act"),
    path("outbox/<key>/source/", outbox.source, name="outbox-source"),
    path("encryption/page/", openpgp_reading.page, name="openpgp-page"),
    path("encryption/keys/", encryption.ring, name="openpgp-keys"),
    path("encryption/keys/<key>/", encryption.export, name="openpgp-key"),
    path("settings/<section>/", settings.show, name="settings"),
]

handler404 = "webmail.web.errors.not_found"
handler500 = "webmail.web.errors.server_error"
