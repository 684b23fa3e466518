"""Files of a message on a real server: whole, broken off and taken up again."""

import base64
import io
import quopri
import zipfile

import pytest

from tests.web.letters import letter
from tests.web.test_on_dovecot import ada, cost, rows_of  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
FILE = b"".join(number.to_bytes(4, "big") for number in range(200_000))
TEXT = "".join(f"Line {number} – of many\r\n" for number in range(30_000)).encode()


def message(content, encoding, *, kind="application/octet-stream"):
    head = f"Content-Type: {kind}; name=f.bin\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    parts = b"--b\r\nContent-Type: text/plain\r\n\r\nSee.\r\n--b\r\n" + head.encode() + content
    raw = letter("File", "TEXT", kind="multipart/mixed; boundary=b")
    return raw.replace(b"TEXT", parts + b"\r\n--b--")


def lines(content, symbols=76):
    text = base64.b64encode(content)
    return b"\r\n".join(text[at : at + symbols] for at in range(0, len(text), symbols))


def odd_lines(content):
    return lines(content[:57]) + b"\r\n" + lines(content[57:90]) + b"\r\n" + lines(content[90:])


FILES = {
    "base64": ("base64", lines(FILE), FILE),
    "short lines": ("base64", lines(FILE, 60), FILE),
    "small": ("base64", lines(FILE[:1000]), FILE[:1000]),
    "odd lines": ("base64", odd_lines(FILE), FILE),
    "8bit": ("8bit", TEXT.removesuffix(b"\r\n"), TEXT.removesuffix(b"\r\n")),
    "quoted": ("quoted-printable", quopri.encodestring(TEXT).replace(b"\n", b"\r\n"), None),
    "empty": ("base64", b"", b""),
}


@pytest.fixture(params=FILES)
def file(request, ada, lab):  # noqa: F811
    encoding, raw, content = FILES[request.param]
    lab.append(ada.address, "INBOX", message(raw, encoding))
    (ref,) = rows_of(ada.get(ada.inbox))
    url = f"/mail/{ref}/part/2/"
    return request.param, url, content if content is not None else ada.get(url).getvalue()


def asked(client, url, span, **headers):
    answer = client.get(url, headers={"Range": span, **headers})
    return answer, answer.getvalue()


def test_the_whole_and_every_stretch_come_as_they_are(file, ada):  # noqa: F811
    kind, url, content = file
    whole = ada.get(url)
    assert whole.status_code == 200
    assert whole.getvalue() == content
    if kind not in ("odd lines", "quoted"):
        assert whole.headers["Content-Length"] == str(len(content))
    tag, size = whole.headers["ETag"], len(content)
    for start, stop in [(0, 1), (1, 300), (size // 2 + 1, size // 2 + 70_000), (size - 5, size)]:
        if not 0 <= start < stop <= size:
            continue
        answer, octets = asked(ada, url, f"bytes={start}-{stop - 1}", **{"If-Range": tag})
        assert answer.status_code == 206
        assert octets == content[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert answer.headers["Content-Length"] == str(stop - start)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="f.bin"'


def test_a_stretch_beyond_the_end_is_refused_with_the_size(file, ada):  # noqa: F811
    _, url, content = file
    answer, octets = asked(ada, url, f"bytes={len(content)}-")
    assert (answer.status_code, octets) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"


def test_another_tag_gets_the_whole(file, ada):  # noqa: F811
    _, url, content = file
    answer, octets = asked(ada, url, "bytes=0-5", **{"If-Range": '"of yesterday"'})
    assert (answer.status_code, octets) == (200, content)


def test_a_head_tells_the_size_and_brings_nothing(file, ada):  # noqa: F811
    kind, url, content = file
    answer = ada.head(url, headers={"Range": "bytes=0-5"})
    assert (answer.status_code, answer.content) == (200, b"")
    if kind not in ("odd lines", "quoted"):
        assert answer.headers["Content-Length"] == str(len(content))


def test_a_stretch_from_the_midst_fetches_little_before_it(ada, lab):  # noqa: F811
    lab.append(ada.address, "INBOX", message(lines(FILE * 10), "base64"))
    (ref,) = rows_of(ada.get(ada.inbox))
    url = f"/mail/{ref}/part/2/"
    spent = cost(lambda: asked(ada, url, f"bytes={len(FILE) * 9}-{len(FILE) * 9 + 1000}"))
    assert spent <= 5


def test_lines_that_turn_out_odd_break_a_stretch_off(ada, lab):  # noqa: F811
    rows = lines(FILE).split(b"\r\n")
    rows[5000:5002] = [rows[5000] + rows[5001][:4], rows[5001][4:]]
    lab.append(ada.address, "INBOX", message(b"\r\n".join(rows), "base64"))
    (ref,) = rows_of(ada.get(ada.inbox))
    answer = ada.get(f"/mail/{ref}/part/2/", headers={"Range": "bytes=200000-400000"})
    with pytest.raises(Exception, match="not of one length"):
        answer.getvalue()
    assert ada.get(f"/mail/{ref}/part/2/").getvalue() == FILE


def test_files_inside_a_message_are_numbered_as_the_server_does(ada, lab):  # noqa: F811
    inner = message(lines(FILE), "base64").replace(b"boundary=b", b"boundary=c")
    inner = inner.replace(b"--b", b"--c")
    wrapped = b"Content-Type: message/rfc822\r\n\r\n" + inner
    outer = b"--b\r\nContent-Type: text/plain\r\n\r\nFwd\r\n--b\r\n" + wrapped + b"\r\n--b--"
    raw = letter("Fwd", "TEXT", kind="multipart/mixed; boundary=b").replace(b"TEXT", outer)
    lab.append(ada.address, "INBOX", raw)
    (ref,) = rows_of(ada.get(ada.inbox))
    page = ada.get(f"/mail/{ref}/").content.decode()
    assert "In <bdi>message.eml</bdi>" in page
    assert f"/mail/{ref}/part/2.2/" in page
    assert ada.get(f"/mail/{ref}/part/2.2/").getvalue() == FILE
    made = zipfile.ZipFile(io.BytesIO(ada.get(f"/mail/{ref}/parts.zip").getvalue()))
    assert made.namelist() == ["message.eml", "message/f.bin"]
    assert made.read("message/f.bin") == FILE


def test_an_archive_is_listed_by_its_last_octets(ada, lab):  # noqa: F811
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr("film.bin", FILE * 10)
        written.writestr("read me.txt", "hello")
    raw = message(lines(out.getvalue()), "base64").replace(b"f.bin", b"f.zip")
    lab.append(ada.address, "INBOX", raw)
    (ref,) = rows_of(ada.get(ada.inbox))
    ada.get(f"/mail/{ref}/")
    answers = []
    spent = cost(lambda: answers.append(ada.get(f"/mail/{ref}/part/2/view/")))
    assert "read me.txt" in answers[0].content.decode()
    assert spent <= 12


def test_all_files_of_a_folder_are_listed(ada, lab):  # noqa: F811
    for _ in range(3):
        lab.append(ada.address, "INBOX", message(lines(b"abc"), "base64", kind="image/png"))
    ada.get(ada.inbox)
    page = ada.get(f"{ada.inbox}files/?kind=pictures").content.decode()
    assert page.count('class="file"') == 3
