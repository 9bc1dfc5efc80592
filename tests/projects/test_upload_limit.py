"""A file that is too large is counted and not kept; whoever asked for it still learns its size."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import RequestFactory

from projects.upload_limit import UploadLimit


def sent(*contents, largest_file=1000, largest_sum=2500):
    """Return request, files and what the handler behind the limit was given, for files of these contents."""
    kept = []

    class Keeper(TemporaryFileUploadHandler):
        def receive_data_chunk(self, raw_data, start):
            kept.append(len(raw_data))
            return super().receive_data_chunk(raw_data, start)

    files = [SimpleUploadedFile(f"{number}.csv", content) for number, content in enumerate(contents)]
    request = RequestFactory().post("/", {"files": files, "note": "说明"})
    limit = UploadLimit(request)
    limit.largest_file, limit.largest_sum, limit.chunk_size = largest_file, largest_sum, 400
    request.upload_handlers = [limit, Keeper(request)]
    return request, request.FILES.getlist("files"), kept


def test_file_above_the_limit_is_counted_and_no_byte_beyond_it_is_kept():
    request, files, kept = sent(b"x" * 300, b"y" * 5000, b"z" * 1000)

    assert [(file.name, file.size) for file in files] == [("0.csv", 300), ("1.csv", 5000), ("2.csv", 1000)]
    assert request.POST["note"] == "说明"
    # Of the second no more than 1,000; by the third file 300 + 5,000 of 2,500 have come.
    assert [file.read() for file in files] == [b"x" * 300, b"", b""]
    assert 300 <= sum(kept) <= 300 + 1000


def test_files_within_the_limits_arrive_as_they_were_sent():
    _request, files, kept = sent(b"x" * 1000, b"y" * 900)

    assert [(file.size, file.read()) for file in files] == [(1000, b"x" * 1000), (900, b"y" * 900)]
    assert sum(kept) == 1900
