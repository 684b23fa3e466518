"""Mail as GnuPG and another program would send it, and Hearth with the keys for it."""

from playwright.sync_api import expect

from tests.browser.arrival import arrive

ADA, BEN = "ada@hearth.test", "ben@hearth.test"
PASSPHRASE = "correct horse battery"
TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


def header(*, sender=f"Ben <{BEN}>", subject="A letter", **more):
    fields = {"From": sender, "To": ADA, "Subject": subject, "Message-ID": f"<{id(object())}@x>"}
    fields |= {"Date": "Mon, 30 Nov 2026 10:00:00 +0000", "MIME-Version": "1.0"}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())


def signature(gnupg, content, signer, *options):
    return gnupg.run("--local-user", signer, *options, "--armor", "--detach-sign", stdin=content)


def signed(gnupg, entity, signer, *options, head=None, boundary="sig"):
    """multipart/signed around an entity (RFC 3156, section 5)."""
    content = entity.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    armored = signature(gnupg, content, signer, *options).decode().replace("\n", "\r\n")
    kind = 'multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"'
    return (
        f'{header() if head is None else head}Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n{content.decode()}\r\n--{boundary}\r\n"
        f"Content-Type: application/pgp-signature\r\n\r\n{armored}\r\n--{boundary}--\r\n"
    )


def encrypted(gnupg, entity, *options, head=None, to=ADA):
    """multipart/encrypted around an entity (RFC 3156, section 4)."""
    armored = gnupg.run("--recipient", to, *options, "--armor", "--encrypt", stdin=entity.encode())
    return wrapped(armored.decode(), head=head)


def wrapped(armored, head=None):
    body = armored.replace("\r\n", "\n").replace("\n", "\r\n")
    kind = 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="enc"'
    return (
        f"{header(subject='...') if head is None else head}Content-Type: {kind}\r\n\r\n"
        "--enc\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        "--enc\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"
        f"{body}\r\n--enc--\r\n"
    )


class Reader:
    """Ada in a browser, with GnuPG's key of hers and Ben's beside it."""

    def __init__(self, chromium, hearth, lab, gnupg, *, width=1440, height=900):
        self.lab, self.gnupg, self.home = lab, gnupg, hearth.url
        self.context = chromium.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.faults, self.asked = [], []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.context.on("request", lambda each: self.asked.append(each))
        self.account = arrive(self.page, hearth, lab).split("/mail/")[1].split("/")[0]

    def _note(self, said):
        if said.type == "error":
            self.faults.append(said.text)

    def post(self, **fields):
        """What the settings page does, without its clicks."""
        answer = self.try_post(**fields)
        assert answer.status == 200, answer.text()

    def try_post(self, **fields):
        token = self.page.locator('meta[name="csrf-token"]').get_attribute("content")
        return self.context.request.post(
            f"{self.home}/settings/encryption/",
            form={"csrfmiddlewaretoken": token, **fields},
            headers={"Accept": "application/json", "Referer": self.home, "Origin": self.home},
        )

    def take_keys(self, own, *known):
        """``own`` is a fingerprint in GnuPG, ``known`` armored keys."""
        self.post(do="on")
        self.post(
            do="add-own",
            private=self.gnupg.private(own, PASSPHRASE),
            public=self.gnupg.public(own),
        )
        for armored in known:
            self.post(do="add-known", public=armored)

    def ring(self):
        return self.context.request.get(f"{self.home}/encryption/keys/").json()

    def verify(self, fingerprint, *, do="verify"):
        key = next(k["key"] for k in self.ring()["known"] if k["fingerprint"] == fingerprint)
        self.post(do=do, key=key)

    def open(self, message):
        """Puts it into the mailbox, alone, and opens it."""
        self.page.goto("about:blank")  # or the one before asks for parts of what is gone
        self.lab.clear()
        octets = message if isinstance(message, bytes) else message.encode()
        uid = self.lab.append(ADA, "INBOX", octets)
        with self.lab.imap(ADA) as imap:
            uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
        self.page.goto(f"{self.home}/mail/{self.account}/INBOX/{uidvalidity}.{uid}/")
        expect(self.page.locator(".msg")).to_be_visible()

    @property
    def card(self):
        return self.page.locator("[data-pgp]")

    def state(self, expected):
        expect(self.card).to_have_attribute("data-pgp-state", expected, timeout=20_000)
        return self.card.inner_text()

    def decrypt(self, passphrase=PASSPHRASE):
        self.card.get_by_role("button", name="Decrypt").click()
        dialog = self.page.locator("dialog[open]")
        dialog.get_by_label("Of the key").fill(passphrase)
        dialog.get_by_role("button", name="Decrypt").click()

    def shown(self, title="Decrypted text"):
        frame = self.page.frame_locator(f'iframe[title="{title}"]')
        expect(frame.locator("body")).not_to_be_empty(timeout=20_000)
        return frame.locator("body").inner_text()

    def end(self):
        for each in self.ring()["known"]:
            self.post(do="remove-known", key=each["key"])
        self.post(do="off")
        self.context.close()
