"""Small messages for tests, written as people's programs write them."""


def letter(
    subject="Firewood",
    text="Is there any?",
    *,
    sender="Jonas Okafor <jonas@hearth.example>",
    to="Mara <mara@hearth.example>",
    head="",
    kind="text/plain; charset=utf-8",
):
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", *head.splitlines()]
    lines += ["MIME-Version: 1.0", f"Content-Type: {kind}", "", text, ""]
    return "\r\n".join(lines).encode()


def with_files(*files, text="See the files."):
    """A message with attachments: pairs of their header and their content in base64."""
    parts = ["Content-Type: text/plain\r\n\r\n" + text]
    parts += [
        f"{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}" for head, content in files
    ]
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--"
    return letter("Files", body, kind="multipart/mixed; boundary=b")


def attached(filename, kind="application/octet-stream"):
    return (
        f"Content-Type: {kind}\r\nContent-Disposition: attachment; filename*=utf-8''{filename}",
        "aGVsbG8=",
    )
