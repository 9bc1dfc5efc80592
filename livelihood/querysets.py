"""Reads of the shared tables."""

from django.db import models


class RegionQuerySet(models.QuerySet):
    """Regions are public knowledge."""


class AgencyQuerySet(models.QuerySet):
    """Agencies are public knowledge."""


class RoleGrantQuerySet(models.QuerySet):
    """Grants."""


class AuditEventQuerySet(models.QuerySet):
    """The audit trail."""

    def visible_to(self, user):
        """Return all events for an auditor, none for anybody else."""
        return self if user.grants.filter(role="auditor").exists() else self.none()


class JobQuerySet(models.QuerySet):
    """Long-running work."""

    def visible_to(self, user):
        """Return the jobs the user asked for."""
        return self.filter(queued_by=user)

    def expired(self, now):
        """Return running jobs whose lease has run out at `now`."""
        return self.filter(state="running", lease_until__lt=now)
