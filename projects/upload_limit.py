"""The first to see an uploaded file: what is too large is only counted from there on, never kept.

Nothing of it lies on the disk or in memory, and the file still has its true size, so that whoever asked for it refuses
it in the one sentence there is for that. The connection is not cut: a browser would show that instead of the sentence.
In production the proxy refuses by the announced length before the application sees anything (deploy/nginx).
"""

import io

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from projects.evidence_files import LARGEST
from projects.excel.guard import LARGEST_FILE, LARGEST_SUM


class UploadLimit(FileUploadHandler):
    """Passes a file on to the handlers behind it until it, or the request's files together, are too large."""

    largest_file = max(LARGEST, LARGEST_FILE)
    largest_sum = LARGEST_SUM
    chunk_size = 64 * 1024

    def __init__(self, request=None):
        super().__init__(request)
        self.received = self.size = 0
        self.is_dropped = False

    def new_file(self, *args, **kwargs):
        """Begin to count a file."""
        super().new_file(*args, **kwargs)
        self.size, self.is_dropped = 0, False

    def receive_data_chunk(self, raw_data, start):
        """Return the chunk for the next handler; None where nobody is to keep it."""
        self.size += len(raw_data)
        self.received += len(raw_data)
        if self.size > self.largest_file or self.received > self.largest_sum:
            self.is_dropped = True
        return None if self.is_dropped else raw_data

    def file_complete(self, file_size):
        """Return the empty stand-in of a file that was dropped; leave every other to those who kept it."""
        if not self.is_dropped:
            return None
        nothing, extra = io.BytesIO(), self.content_type_extra
        return UploadedFile(nothing, self.file_name, self.content_type, self.size, self.charset, extra)
