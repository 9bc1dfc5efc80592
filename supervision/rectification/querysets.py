"""Reads of 整改, inspections and minutes: a county never sees another's."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of, is_system
from projects.models import SubProject
from projects.querysets import own_unit


def _answering(access) -> Q:
    """Return the condition that an item is the person's unit's or agency's."""
    return (
        own_unit(access, "participant__")
        | Q(agency__in=access.agency_ids(Role.FILLER, Role.LEAD_AGENCY))
        | Q(agency__region__in=access.region_ids(*COUNTY_ROLES))
    )


class RectificationQuerySet(models.QuerySet):
    """整改事项."""

    def visible_to(self, user):
        """Return the items of overseen programmes; once assigned, those of the own unit, agency and led projects.

        Whoever recorded the finding behind an item follows it.
        """
        if is_system(user):
            return self
        access = access_of(user)
        led = SubProject.objects.filter(
            project=OuterRef("project"), lead_agency__in=access.agency_ids(Role.LEAD_AGENCY)
        )
        return self.filter(
            Q(programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | ~Q(state="opened") & (_answering(access) | Exists(led))
            | Q(finding__inspection__added_by=user)
        )

    def answered_for_by(self, user):
        """Return the assigned items the user's own unit or agency has to mend."""
        return self.exclude(state="opened").filter(_answering(access_of(user)))

    def unfinished(self):
        """Return the items that are not 销号."""
        return self.exclude(state="closed")

    def overdue_on(self, day):
        """Return the unfinished items whose deadline lies before `day`."""
        return self.unfinished().filter(deadline__lt=day)

    def with_names(self):
        """Return them with all that a line of the ledger prints, in one query."""
        return self.select_related("programme__owner", "participant", "agency", "project", "earlier", "opened_by")


class InspectionQuerySet(models.QuerySet):
    """Inspections."""

    def visible_to(self, user):
        """Return the recorded ones of overseen programmes, and one's own of whatever state."""
        overseen = access_of(user).region_ids(*OVERSEEING_ROLES)
        return self.filter(Q(added_by=user) | Q(state="recorded", programme__owner__in=overseen))

    def with_names(self):
        """Return them with all that a line of the list prints, in one query."""
        return self.select_related("programme__owner", "participant", "project", "added_by")


class InterviewQuerySet(models.QuerySet):
    """Minutes of 约谈 and 会商."""

    def visible_to(self, user):
        """Return those of overseen programmes, and those in which the own unit or agency took part."""
        access = access_of(user)
        agencies = access.agency_ids(Role.FILLER, Role.LEAD_AGENCY)
        through = self.model.participants.through.objects.filter(interview=OuterRef("pk"))
        units = through.filter(own_unit(access, "participant__"))
        named = self.model.agencies.through.objects.filter(interview=OuterRef("pk")).filter(
            Q(agency__in=agencies) | Q(agency__region__in=access.region_ids(*COUNTY_ROLES))
        )
        return self.filter(Q(programme__owner__in=access.region_ids(*OVERSEEING_ROLES)) | Exists(units) | Exists(named))
