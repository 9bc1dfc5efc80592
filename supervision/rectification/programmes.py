"""Which programme a page of 督办整改 is about: the one asked for, else the newest the person sees."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from projects.models import Programme


def requested_programme(request: HttpRequest) -> Programme:
    """Return ?programme=CODE, else the newest one the user sees; 404 where there is none."""
    seen = Programme.objects.visible_to(request.user).select_related("owner")
    code = request.GET.get("programme") or request.POST.get("programme")
    if code:
        return get_object_or_404(seen, code=code)
    newest = seen.order_by("-year", "code")
    found = newest.filter(opened_at__isnull=False).first() or newest.first()
    if found is None:
        raise Http404("您还没有参加任何年度民生工程。")
    return found


def programme_context(request: HttpRequest, programme: Programme) -> dict:
    """Return what the bar above the page says; other programmes are the same page's other addresses."""
    others = Programme.objects.visible_to(request.user).order_by("-year", "code")
    return {
        "programme": programme,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {"label": row.name, "url": f"{request.path}?programme={row.code}", "active": row.pk == programme.pk}
            for row in others
        ],
    }
