"""What 公示 offers to the registries: its jobs, the objections that wait for an answer."""

import datetime
from collections.abc import Iterator

from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import Job, User
from livelihood.registry import (
    Change,
    JobPage,
    ToDo,
    register_changes,
    register_job,
    register_job_page,
    register_to_do,
)
from supervision.models import DisclosureFile, DisclosureObjection
from supervision.services import disclosure
from supervision.to_do.deadlines import end_of


def register() -> None:
    """Fill jobs and to-do."""
    register_job(disclosure.SITE_JOB, disclosure.run_site_job)
    register_job_page(disclosure.SITE_JOB, _site_page)
    register_to_do("objections", objections_to_answer)
    register_changes("sites", sites_made)


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


def sites_made(user: User, since: datetime.datetime) -> Iterator[Change]:
    """Yield the pages of after the days that were made since: somebody has to put them on the site. One query."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    made = DisclosureFile.objects.filter(
        disclosure__document__period__programme__owner__in=offices,
        edition=DisclosureFile.Edition.CLOSED,
        rendered_at__gt=since,
    )
    for row in made.select_related("disclosure__document__period").defer("disclosure__content"):
        url = reverse("supervision:disclosure-detail", args=[row.disclosure_id])
        yield Change(row.rendered_at, f"{row.disclosure.document.period.label}公示期满，网页已生成，请换到网站上", url)


def _site_page(job: Job) -> JobPage:
    url = reverse("supervision:disclosure-detail", args=[job.payload["disclosure"]])
    return JobPage("生成公示网页", url, "看公示")
