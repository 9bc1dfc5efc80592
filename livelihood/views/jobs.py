"""后台任务: how far the work is that somebody asked for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from livelihood.models import Job
from livelihood.registry import job_page


@require_safe
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one's own job; the page asks again every two seconds until it has ended."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    template = "livelihood/job_detail.html#job" if request.htmx else "livelihood/job_detail.html"
    is_over = job.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)
    context = {"job": job, "is_over": is_over, "page": job_page(job)}
    return render(request, template, context)
