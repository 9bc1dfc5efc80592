"""Reads of rules, of what they found, and of letters."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from livelihood.access import OVERSEEING_ROLES, Role, access_of
from projects.querysets import own_unit


class OversightRuleQuerySet(models.QuerySet):
    """Versions of rules."""

    def newest(self):
        """Return of each rule its newest version."""
        later = self.model.objects.filter(
            programme=OuterRef("programme"), code=OuterRef("code"), version__gt=OuterRef("version")
        )
        return self.filter(~Exists(later))

    def in_force(self, programme, day):
        """Return of each rule the version in force on `day`, unless that version switches it off."""
        later = self.model.objects.filter(
            programme=programme, code=OuterRef("code"), version__gt=OuterRef("version"), effective_from__lte=day
        )
        return self.filter(~Exists(later), programme=programme, effective_from__lte=day, is_on=True)


class RuleFiringQuerySet(models.QuerySet):
    """What rules found."""

    def current(self):
        """Return those of the newest snapshot of their period."""
        newer = self.model._meta.get_field("snapshot").related_model.objects.filter(
            period=OuterRef("snapshot__period"), version__gt=OuterRef("snapshot__version")
        )
        return self.filter(~Exists(newer))

    def visible_to(self, user):
        """Return what was found in programmes the user oversees; others learn of it by letter alone."""
        return self.filter(snapshot__period__programme__owner__in=access_of(user).region_ids(*OVERSEEING_ROLES))


def letters_of(user, prefix: str = "") -> Q:
    """Return the condition that a letter is the user's to read, whatever its state but the draft's.

    Drafts are the city office's. Issued ones are read by who oversees the programme, by the unit and by the lead agency
    they go to, and by nobody else: another county's 404.
    """
    access = access_of(user)
    offices = Q(**{f"{prefix}period__programme__owner__in": access.region_ids(Role.CITY_OFFICE)})
    overseen = Q(**{f"{prefix}period__programme__owner__in": access.region_ids(*OVERSEEING_ROLES)})
    own = own_unit(access, f"{prefix}participant__") | Q(**{f"{prefix}agency__in": access.agency_ids(Role.LEAD_AGENCY)})
    sent = Q(**{f"{prefix}state__in": ("issued", "replied", "closed")})
    return offices | (sent & (overseen | own))


class LetterQuerySet(models.QuerySet):
    """Letters of supervision."""

    def visible_to(self, user):
        """Return the letters the user may read."""
        return self.filter(letters_of(user))

    def open(self):
        """Return issued letters not yet closed."""
        return self.filter(state__in=("issued", "replied"))

    def answered_by_unit(self, user):
        """Return the letters to the user's own unit."""
        return self.filter(own_unit(access_of(user), "participant__"))

    def answered_by_agency(self, user):
        """Return the letters to the agency the user leads for."""
        return self.filter(agency__in=access_of(user).agency_ids(Role.LEAD_AGENCY))

    def addressed_to(self, user):
        """Return the open letters the user may answer: of the own unit, or of the agency the user leads for."""
        own = own_unit(access_of(user), "participant__")
        return self.open().filter(own | Q(agency__in=access_of(user).agency_ids(Role.LEAD_AGENCY)))
