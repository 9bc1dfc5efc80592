"""/healthz and /readyz for machines, 运行状态 for the system administrator."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from livelihood.access import NotAllowed, may_see_status
from livelihood.health import findings
from livelihood.models import Job
from livelihood.registry import job_page
from livelihood.verified import last_verification

#: The newest background jobs the page names.
SHOWN_JOBS = 10


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, the database neither."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every check passes, else 503; anybody may ask, so it gives names and yes or no, no reasons."""
    checks = {finding.name: finding.is_ok for finding in findings()}
    is_ready = all(checks.values())
    answer = {"status": "ready" if is_ready else "not ready", "checks": checks}
    return JsonResponse(answer, status=200 if is_ready else 503)


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """What each check found and what to do; for staff and the system administrator."""
    if not may_see_status(request.user):
        raise NotAllowed("运行状态只对系统管理员开放。")
    found = findings()
    problems = sum(not finding.is_ok for finding in found)
    context = {
        "findings": found,
        "problems": problems,
        "summary": f"有 {problems} 项不正常，办法写在右边。" if problems else "各项正常，可以使用。",
        "waiting": Job.objects.filter(state=Job.State.QUEUED).count(),
        "running": Job.objects.filter(state=Job.State.RUNNING).count(),
        "failed": Job.objects.filter(state=Job.State.FAILED).count(),
        "recent": [(job_page(job).title, job) for job in Job.objects.select_related("queued_by")[:SHOWN_JOBS]],
        "verified": last_verification(),
        "now": timezone.now(),
    }
    return render(request, "livelihood/status.html", context)
