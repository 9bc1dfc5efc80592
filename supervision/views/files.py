"""Kept files as they are asked for: as attachments, to whoever sees what names them."""

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from livelihood.models import User
from livelihood.services import Refused
from projects.evidence_files import ENDINGS
from supervision.models import KeptFile
from supervision.rectification.owners import may_open
from supervision.rectification.photos import preview


def delivered(file: KeptFile) -> HttpResponse:
    """Return the file as an attachment of a harmless type; a browser never opens it inside the site."""
    ending = Path(file.file.name).suffix
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在了，请联系系统管理员。") from error
    return _harmless(FileResponse(content, as_attachment=True, filename=file.name, content_type=ENDINGS[ending][1]))


@require_GET
def kept_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliver a file to whoever sees what names it."""
    return delivered(_get(request.user, pk))


@require_GET
def kept_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliver a small picture of a photo for a page."""
    file = _get(request.user, pk)
    if file.kind != KeptFile.Kind.PHOTO:
        raise Http404("这个文件不是照片。")
    try:
        picture = preview(Path(file.file.path))
    except (Refused, FileNotFoundError) as error:
        raise Http404("这张照片不能在页面上看。") from error
    response = HttpResponse(picture, content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return _harmless(response)


def _get(user: User, pk: int) -> KeptFile:
    file = get_object_or_404(KeptFile, pk=pk)
    if not may_open(user, file):
        raise Http404("没有这个文件。")
    return file


def _harmless(response: HttpResponse) -> HttpResponse:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
