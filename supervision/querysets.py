"""Reads of the supervision app."""

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum

from livelihood.access import OVERSEEING_ROLES, Role, access_of
from projects.models import ReportingPeriod
from projects.querysets import own_unit
from supervision.oversight.querysets import letters_of


class ScoringSchemeQuerySet(models.QuerySet):
    """Scoring schemes."""

    def in_force(self, programme, day):
        """Return the programme's schemes effective on `day`, the newest first."""
        return self.filter(programme=programme, effective_from__lte=day).order_by("-version")

    def with_kinds(self):
        """Say of each scheme what decides its statement.

        `kinds` of its components, the most points, `full_score`, and the indicators it takes in or leaves out one by
        one: `taken_in`, `left_out`.
        """
        put_on = Q(
            components__kind__in=(
                *("last_place", "event_off", "event_on", "year_end"),
                *("finding_off", "overdue_off"),
            )
        )
        chosen = self.model._meta.get_field("chosen_indicators").related_model.objects.filter(scheme=OuterRef("pk"))
        return self.annotate(
            kinds=ArrayAgg("components__kind", distinct=True, default=[]),
            full_score=Sum("components__weight", filter=~put_on),
            taken_in=ArraySubquery(chosen.filter(counts=True).order_by("id").values("indicator")),
            left_out=ArraySubquery(chosen.filter(counts=False).order_by("id").values("indicator")),
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
        """Return what the user may read.

        Issued papers of programmes the user sees; of those addressed to somebody (letters) only what the user's
        agency received, unless the user oversees; drafts for the city office only. Papers made elsewhere are read
        by whoever takes part in a programme of that office.
        """
        access = access_of(user)
        offices = access.region_ids(Role.CITY_OFFICE)
        periods = ReportingPeriod.objects.visible_to(user)
        programmes = periods.model._meta.get_field("programme").related_model.objects.visible_to(user)
        numbered = Q(state="issued") | Q(state="void", number__isnull=False)
        addressed = Q(kind__in=("reminder", "letter", "summons"))
        received = self.model._meta.get_field("receipts").related_model.objects.received_by(user)
        overseen = access.region_ids(*OVERSEEING_ROLES)
        to_read = (
            ~addressed
            | Q(period__programme__owner__in=overseen)
            | Q(pk__in=received.values("document"))
            | letters_of(user, "letter__")
        )
        return self.filter(
            Q(kind="external", series__agency__region__in=programmes.values("owner"))
            | Q(period__in=periods) & (Q(period__programme__owner__in=offices) | numbered & to_read)
        )

    def of_month(self, period):
        """Return the period's own papers, 通报 and 更正, that are not void; those on one matter (单项) are others."""
        return self.filter(period=period, kind__in=("bulletin", "correction"), subject="").exclude(state="void")

    def in_hand_of(self, user):
        """Return the drafts the user's office has to review or issue."""
        offices = access_of(user).region_ids(Role.CITY_OFFICE)
        return self.filter(state__in=("draft", "reviewed"), period__programme__owner__in=offices).select_related(
            "period__programme", "snapshot"
        )


#: Roles whose holders act for the agency they work in.
RECEIVING_ROLES = (Role.CLERK, Role.HEAD, Role.FILLER, Role.LEAD_AGENCY, Role.CITY_OFFICE)


class ReceiptQuerySet(models.QuerySet):
    """Papers sent, by receiver."""

    def received_by(self, user):
        """Return what was sent to the agencies the user acts for."""
        access = access_of(user)
        agencies = set(access.agency_ids(Role.LEAD_AGENCY, Role.FILLER))
        if user.agency_id and access.has(*RECEIVING_ROLES):
            agencies.add(user.agency_id)
        return self.filter(agency__in=agencies)

    def unsigned(self):
        """Return those to be signed for in the system that nobody has signed for yet, of papers in force."""
        return self.filter(way="account", received_at__isnull=True, document__state="issued")


class CheckQuerySet(models.QuerySet):
    """Checks of a snapshot's lines before issue."""

    def visible_to(self, user):
        """Return the checks of the user's own units and agencies; all of overseen programmes."""
        access = access_of(user)
        return self.filter(
            Q(snapshot__period__programme__owner__in=access.region_ids(*OVERSEEING_ROLES))
            | own_unit(access, "participant__")
            | Q(agency__in=access.agency_ids(Role.LEAD_AGENCY))
        )

    def current(self):
        """Return those of the newest snapshot of their period."""
        newer = self.model._meta.get_field("snapshot").related_model.objects.filter(
            period=OuterRef("snapshot__period"), version__gt=OuterRef("snapshot__version")
        )
        return self.filter(~Exists(newer))

    def addressed_to(self, user):
        """Return the checks the user may have to answer: of own units and agencies; those nobody else speaks for."""
        access = access_of(user)
        alone = Q(participant__region__isnull=True, participant__agency__isnull=True, agency__isnull=True)
        office = Q(agency=F("snapshot__period__programme__office"))
        return self.filter(
            own_unit(access, "participant__")
            | Q(agency__in=access.agency_ids(Role.LEAD_AGENCY))
            | Q(snapshot__period__programme__owner__in=access.region_ids(Role.CITY_OFFICE))
            & (alone | office | Q(participant__kind="own"))
        )

    def to_answer(self):
        """Return those without an answer, of months closed and not issued."""
        return self.filter(state="waiting", snapshot__period__state="closed").with_lines()

    def with_lines(self):
        """Say of each check whether there is anything to check: `has_lines`."""
        apps = self.model._meta.apps
        lines = apps.get_model("supervision", "SnapshotLine").objects.filter(snapshot=OuterRef("snapshot"))
        asked = lines.exclude(status__in=["no_task", "not_split"])
        money = apps.get_model("supervision", "SnapshotFundRate").objects.filter(snapshot=OuterRef("snapshot"))
        return self.annotate(
            has_lines=Exists(asked.filter(participant=OuterRef("participant")))
            | Exists(money.filter(participant=OuterRef("participant"), tasks__gt=0))
            | Exists(asked.filter(indicator__sub_project__lead_agency=OuterRef("agency")))
        )
