"""Reads of the funding app: scopes, and what is in force on a day."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from livelihood.access import OVERSEEING_ROLES, Role, access_of
from projects.querysets import own_unit


def _in_scope(user, prefix: str = "") -> Q:
    """Return the condition under which a user sees a fund line: a county its own, a bureau its sub-projects'."""
    access = access_of(user)
    return (
        Q(**{f"{prefix}programme__owner__in": access.region_ids(*OVERSEEING_ROLES)})
        | own_unit(access, f"{prefix}participant__")
        | Q(**{f"{prefix}sub_project__lead_agency__in": access.agency_ids(Role.LEAD_AGENCY)})
        | Q(
            **{
                f"{prefix}participant__assignments__agency__in": access.agency_ids(Role.FILLER),
                f"{prefix}participant__assignments__sub_project": F(f"{prefix}sub_project"),
            }
        )
    )


class FundLineQuerySet(models.QuerySet):
    """Fund lines."""

    def visible_to(self, user):
        """Return the lines whose money the user may see."""
        return self.filter(_in_scope(user)).distinct()

    def of_programme(self, programme):
        """Return the programme's lines in printed order, with project and participant."""
        return (
            self.filter(programme=programme)
            .select_related("sub_project__project", "participant")
            .order_by("sub_project__project__seq", "sub_project__order", "participant__order", "kind", "id")
        )


class FundPlanQuerySet(models.QuerySet):
    """Fund plans by dated revision."""

    def in_force(self, day):
        """Return, per line, the latest revision effective on `day` (R19); one without an amount is no plan."""
        newer = self.model.objects.filter(
            fund_line=OuterRef("fund_line"), valid_from__lte=day, revision__gt=OuterRef("revision")
        ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), ~Exists(newer))


class FundFigureQuerySet(models.QuerySet):
    """Monthly funds."""

    def visible_to(self, user):
        """Return fund figures in scope: a county sees other counties' only from issued months."""
        programmes = (
            self.model._meta.get_field("period")
            .related_model._meta.get_field("programme")
            .related_model.objects.visible_to(user)
        )
        return self.filter(
            _in_scope(user, "fund_line__") | Q(period__state="issued", period__programme__in=programmes)
        ).distinct()
