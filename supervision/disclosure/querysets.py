"""Reads of 公示 and of what is objected to."""

from django.db import models
from django.db.models import Q

from livelihood.access import OVERSEEING_ROLES, Role, access_of
from projects.models import ReportingPeriod
from projects.querysets import own_unit


class DisclosureQuerySet(models.QuerySet):
    """What has been shown to the public."""

    def visible_to(self, user):
        """Return those of programmes the user takes part in: what the public reads, they read."""
        return self.filter(document__period__in=ReportingPeriod.objects.visible_to(user))

    def standing(self):
        """Return those that are not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class DisclosureObjectionQuerySet(models.QuerySet):
    """What the public objects to."""

    def visible_to(self, user):
        """Return all of overseen programmes, and those that name the user's own unit or a project the user leads."""
        access = access_of(user)
        return self.filter(
            Q(disclosure__document__period__programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | own_unit(access, "participant__")
            | Q(pk__in=self._led(access))
        )

    def _led(self, access):
        agencies = access.agency_ids(Role.LEAD_AGENCY)
        return self.model.objects.filter(project__sub_projects__lead_agency__in=agencies).values("pk")

    def waiting(self):
        """Return those nobody has answered yet."""
        return self.filter(answered_at__isnull=True)
