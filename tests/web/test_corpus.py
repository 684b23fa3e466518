"""Every odd message there is opens: its row, its page, its frame and its source (T33, T53)."""

from pathlib import Path

import pytest

from webmail.web import reading

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*/*.eml"))
_A_RUN = 60


def _runs():
    return [FILES[start : start + _A_RUN] for start in range(0, len(FILES), _A_RUN)]


@pytest.mark.parametrize("files", _runs(), ids=lambda files: files[0].name)
def test_every_message_of_the_corpus_opens(files, mara, store, caplog):
    for file in files:
        raw = file.read_bytes()
        ref = store.append("INBOX", raw)
        reading.forget_all()
        for url in (mara.url_of(ref), f"{mara.url_of(ref)}body/"):
            answer = mara.part(url)
            assert answer.status_code == 200, file.name
            page = answer.content.decode()
            assert "<script>alert" not in page, file.name
        assert mara.download(f"{mara.url_of(ref)}source/").octets == raw
    assert mara.get(mara.list_url()).status_code == 200
    assert mara.get("/search/?q=a").status_code == 200
