"""Files on their way from the browser: a cap that bites while they stream."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Writes files to temporary ones until a request has brought more than one message may.

    What comes after is read and dropped, so that the form around the file is kept and the
    answer can say what was too large (``refused_files``).
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.left_bytes = settings.WEBMAIL_MAX_MESSAGE_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.left_bytes -= len(raw_data)
        if self.left_bytes < 0:
            self.left_bytes += start + len(raw_data)  # smaller files beside it still fit
            _note_refused(self.request, self.file_name)
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


def refused_files(request: HttpRequest) -> list[str]:
    """Names of the files that went over the cap in this request."""
    return getattr(request, "_refused_files", [])


def _note_refused(request: HttpRequest | None, filename: str | None) -> None:
    if request is not None:
        request._refused_files = [*refused_files(request), filename or "attachment"]  # type: ignore[attr-defined]
