"""Reads of the projects app: chainable filters, scopes and page bundles."""

from datetime import timedelta

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Now

from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of
from livelihood.models import RoleGrant


def own_unit(access, prefix: str = "") -> Q:
    """Return the condition that a participant is the person's own: of the county, or, as a hospital is, the agency."""
    return Q(**{f"{prefix}region__in": access.region_ids(*COUNTY_ROLES)}) | Q(
        **{f"{prefix}agency__in": access.agency_ids(*COUNTY_ROLES)}
    )


class ProgrammeQuerySet(models.QuerySet):
    """Programmes."""

    def visible_to(self, user):
        """Return the programmes of the user's region, or in which the user's unit takes part."""
        access = access_of(user)
        regions = access.region_ids(*OVERSEEING_ROLES, Role.SUPERVISOR)
        agencies = access.agency_ids(Role.FILLER, Role.LEAD_AGENCY)
        participants = self.model._meta.get_field("participants").related_model
        taking_part = participants.objects.filter(programme=OuterRef("pk")).filter(
            own_unit(access) | Q(region__agencies__in=agencies) | Q(agency__in=agencies)
        )
        return self.filter(Q(owner__in=regions) | Q(owner__agencies__in=agencies) | Exists(taking_part)).distinct()


class ParticipantQuerySet(models.QuerySet):
    """Participants in official order."""

    def visible_to(self, user):
        """Return the participants whose own report the user may open."""
        access = access_of(user)
        return self.filter(
            Q(programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | own_unit(access)
            | Q(assignments__agency__in=access.agency_ids(Role.FILLER))
        ).distinct()

    def active_on(self, day):
        """Return participants that have joined and not left on `day`."""
        return self.filter(
            Q(joins_on__isnull=True) | Q(joins_on__lte=day),
            Q(leaves_on__isnull=True) | Q(leaves_on__gte=day),
        )

    def reporters(self):
        """Return those that report themselves: units and the own level, not the whole."""
        return self.exclude(kind="whole")


class ProjectQuerySet(models.QuerySet):
    """Projects."""

    def for_catalogue(self):
        """Return projects with sub-projects and indicators prefetched, in three queries."""
        return self.prefetch_related("sub_projects__lead_agency", "sub_projects__indicators")


class IndicatorQuerySet(models.QuerySet):
    """Indicators."""

    def of_programme(self, programme):
        """Return the programme's indicators in printed order, with their projects."""
        return (
            self.filter(sub_project__project__programme=programme)
            .select_related("sub_project__project", "sub_project__lead_agency")
            .order_by("sub_project__project__seq", "sub_project__order", "order", "id")
        )


class TargetQuerySet(models.QuerySet):
    """Targets by dated revision."""

    def in_force(self, day):
        """Return, per indicator and participant, the latest revision effective on `day` (R19)."""
        newer = self.model.objects.filter(
            indicator=OuterRef("indicator"),
            participant=OuterRef("participant"),
            valid_from__lte=day,
            revision__gt=OuterRef("revision"),
        ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), ~Exists(newer))

    def newest(self):
        """Return, per indicator and participant, the latest revision, whenever it begins to count."""
        newer = self.model.objects.filter(
            indicator=OuterRef("indicator"), participant=OuterRef("participant"), revision__gt=OuterRef("revision")
        )
        return self.filter(~Exists(newer))


class ReportingPeriodQuerySet(models.QuerySet):
    """Reporting periods."""

    def visible_to(self, user):
        """Return the periods of programmes the user sees."""
        programmes = self.model._meta.get_field("programme").related_model
        return self.filter(programme__in=programmes.objects.visible_to(user))

    def open(self):
        """Return periods that take figures."""
        return self.filter(state="open")

    def unfinished(self):
        """Return periods that still wait for something: a month for its 通报, a week for its close."""
        return self.exclude(Q(state="issued") | Q(kind="week", state="closed"))

    def past_deadline(self):
        """Return periods whose deadline has passed: due plus grace, or later after an outage (`deadline`)."""
        hour = Value(timedelta(hours=1), output_field=models.DurationField())
        grace = ExpressionWrapper(F("grace_hours") * hour, output_field=models.DurationField())
        limit = ExpressionWrapper(F("due_at") + grace, output_field=models.DateTimeField())
        return (
            self.filter(Q(extended_until__isnull=True) | Q(extended_until__lt=Now()))
            .alias(limit=limit)
            .filter(limit__lt=Now())
        )

    def to_close_by(self, user):
        """Return the open periods of the user's office that are past their deadline, and its reopened ones."""
        offices = access_of(user).region_ids(Role.CITY_OFFICE)
        return (
            self.filter(programme__owner__in=offices)
            .filter(
                Q(state="open", pk__in=self.model.objects.past_deadline())
                | Q(reopenings__ended_at__isnull=True, reopenings__isnull=False)
            )
            .select_related("programme")
            .distinct()
        )

    def issued(self):
        """Return periods whose 通报 has been issued."""
        return self.filter(state="issued")


class ReportQuerySet(models.QuerySet):
    """Monthly reports."""

    def visible_to(self, user):
        """Return the reports the user's roles may open, of units that are in force."""
        access = access_of(user)
        fillers = access.agency_ids(Role.FILLER)
        return (
            self.in_force()
            .filter(
                Q(period__programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
                | own_unit(access, "participant__")
                | Q(participant__assignments__agency__in=fillers)
                | Q(agency__in=access.agency_ids(Role.LEAD_AGENCY, Role.FILLER))
            )
            .distinct()
        )

    def in_force(self):
        """Return those of agencies, and of units that have joined and not left when their period ends."""
        ends_on = F("period__ends_on")
        return self.filter(
            Q(participant__joins_on__isnull=True) | Q(participant__joins_on__lte=ends_on),
            Q(participant__leaves_on__isnull=True) | Q(participant__leaves_on__gte=ends_on),
        )

    def led_by(self, user):
        """Return the units' reports that lie before the user's lead agency: submitted or approved ones."""
        agencies = access_of(user).agency_ids(Role.LEAD_AGENCY)
        led = self.model._meta.get_field("period").related_model.objects.filter(
            pk=OuterRef("period"), programme__projects__sub_projects__lead_agency__in=agencies
        )
        return self.counted().filter(Exists(led), participant__isnull=False).exclude(participant__kind="whole")

    def counted(self):
        """Return reports whose figures live standings count."""
        return self.filter(state__in=self.model.COUNTED)

    def approved(self):
        """Return approved reports."""
        return self.filter(state="approved")


class FigureQuerySet(models.QuerySet):
    """Figures."""

    def visible_to(self, user):
        """Return figures in scope: a county sees other counties' only from issued months."""
        access = access_of(user)
        programmes = (
            self.model._meta.get_field("period")
            .related_model._meta.get_field("programme")
            .related_model.objects.visible_to(user)
        )
        return self.filter(
            Q(period__programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | own_unit(access, "participant__")
            | Q(indicator__sub_project__lead_agency__in=access.agency_ids(Role.LEAD_AGENCY))
            | Q(
                participant__assignments__agency__in=access.agency_ids(Role.FILLER),
                participant__assignments__sub_project=F("indicator__sub_project"),
            )
            | Q(period__state="issued", period__programme__in=programmes)
        ).distinct()


class BenchmarkQuerySet(models.QuerySet):
    """Provincial averages."""

    def visible_to(self, user):
        """Return the averages of programmes the user sees."""
        periods = self.model._meta.get_field("period").related_model
        return self.filter(period__in=periods.objects.visible_to(user))


class LeadObjectionQuerySet(models.QuerySet):
    """Objections of lead agencies."""

    def visible_to(self, user):
        """Return those of the user's lead agency, and those about reports the user may open."""
        reports = self.model._meta.get_field("report").related_model
        return self.filter(
            Q(agency__in=access_of(user).agency_ids(Role.LEAD_AGENCY))
            | Q(report__in=reports.objects.visible_to(user).values("pk"))
        )


class ImportUploadQuerySet(models.QuerySet):
    """Uploaded workbooks."""

    def visible_to(self, user):
        """Return the uploads of who oversees the programme, those for the user's county, and of the lead agency's own.

        A lead agency's are those its people sent; where the units report, nobody of an agency can have sent one.
        """
        access = access_of(user)
        by_colleague = RoleGrant.objects.filter(
            user=OuterRef("uploaded_by"),
            agency__in=access.agency_ids(Role.LEAD_AGENCY, Role.FILLER),
            agency__led_sub_projects__project__programme=OuterRef("programme"),
        )
        return self.filter(
            Q(programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | own_unit(access, "participant__")
            | (Q(participant__isnull=True, programme__reporting_by="agency") & Exists(by_colleague))
        )

    def unfinished(self):
        """Return those that still wait for somebody."""
        return self.filter(state__in=self.model.UNFINISHED)


class ImportMappingQuerySet(models.QuerySet):
    """Corrected readings of headings and rows."""
