"""Reads of the supervision app."""

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Q, Sum

from livelihood.access import OVERSEEING_ROLES, Role, access_of
from projects.models import ReportingPeriod


class ScoringSchemeQuerySet(models.QuerySet):
    """Scoring schemes."""

    def in_force(self, programme, day):
        """Return the programme's schemes effective on `day`, the newest first."""
        return self.filter(programme=programme, effective_from__lte=day).order_by("-version")

    def with_kinds(self):
        """Say of each scheme its kinds of component, as the list `kinds`, and the most points, `full_score`."""
        put_on = Q(components__kind__in=("last_place", "event_off", "event_on", "year_end"))
        return self.annotate(
            kinds=ArrayAgg("components__kind", distinct=True, default=[]),
            full_score=Sum("components__weight", filter=~put_on),
        )


class SnapshotQuerySet(models.QuerySet):
    """Snapshots."""

    def visible_to(self, user):
        """Return all snapshots of overseen programmes, and those of issued months for others."""
        overseen = access_of(user).region_ids(*OVERSEEING_ROLES)
        return self.filter(period__in=ReportingPeriod.objects.visible_to(user)).filter(
            Q(period__programme__owner__in=overseen) | Q(period__state="issued")
        )

    def latest_of(self, period):
        """Return the newest snapshot of `period`, or None."""
        return self.filter(period=period).order_by("-version").first()


class DocumentQuerySet(models.QuerySet):
    """Official papers."""

    def visible_to(self, user):
        """Return issued papers of programmes the user sees; drafts for the city office only."""
        offices = access_of(user).region_ids(Role.CITY_OFFICE)
        return self.filter(period__in=ReportingPeriod.objects.visible_to(user)).filter(
            Q(state="issued") | Q(period__programme__owner__in=offices)
        )

    def drafts_of(self, user):
        """Return the drafts the user may issue."""
        offices = access_of(user).region_ids(Role.CITY_OFFICE)
        return self.filter(state="draft", period__programme__owner__in=offices).select_related("period", "snapshot")
