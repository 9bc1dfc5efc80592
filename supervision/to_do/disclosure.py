"""What 公示 offers to the registries: its jobs, the objections that wait for an answer."""

from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import Job, User
from livelihood.registry import JobPage, ToDo, register_job, register_job_page, register_to_do
from supervision.models import DisclosureObjection
from supervision.services import disclosure
from supervision.to_do.deadlines import end_of


def register() -> None:
    """Fill jobs and to-do."""
    register_job(disclosure.SITE_JOB, disclosure.run_site_job)
    register_job_page(disclosure.SITE_JOB, _site_page)
    register_to_do("objections", objections_to_answer)


def objections_to_answer(user: User):
    """Objections the user's office has not answered yet, with the day it has to."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    rows = DisclosureObjection.objects.waiting().filter(disclosure__document__period__programme__owner__in=offices)
    for row in rows.select_related("project", "participant", "disclosure__document__period"):
        about = "".join(
            name
            for name in (row.participant and row.participant.printed_name, row.project and row.project.name)
            if name
        )
        yield ToDo(
            label=f"答复公示异议{row.nth}：{row.disclosure.document.period.label}{about}",
            url=reverse("supervision:objection-detail", args=[row.pk]),
            action="答复",
            due_at=end_of(row.due_on),
            note="公示期满后收到" if row.received_on > row.disclosure.closes_on else "",
        )


def _site_page(job: Job) -> JobPage:
    url = reverse("supervision:disclosure-detail", args=[job.payload["disclosure"]])
    return JobPage("生成公示网页", url, "看公示")
