"""The page of a job: words for every state, for who asked for it only."""

import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood.models import Job


@pytest.mark.django_db
@pytest.mark.parametrize("state", Job.State.values)
def test_job_page_says_the_state_in_words(client, city_officer, state):
    job = Job.objects.create(
        kind="close_month",
        key="fuyang-2020:2020-08:1.0",
        queued_by=city_officer,
        state=state,
        lease_until=timezone.now() if state == "running" else None,
        finished_at=timezone.now() if state in ("done", "failed") else None,
        error="封账没有完成。" if state == "failed" else "",
    )
    client.force_login(city_officer)

    text = client.get(reverse("livelihood:job-detail", args=[job.pk])).content.decode()

    assert Job.State(state).label in text
    assert f">{state}<" not in text
