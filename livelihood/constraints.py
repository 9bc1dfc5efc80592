"""Builders for constraints that many tables repeat."""

from django.db import models
from django.db.models import Q


def paired(name: str, *fields: str, message: str) -> models.CheckConstraint:
    """Return a constraint saying that `fields` are all set or all empty.

    A moment without a person, or a person without a moment, is a record nobody can rely on.
    """
    all_set = Q(**{f"{field}__isnull": False for field in fields})
    all_empty = Q(**{f"{field}__isnull": True for field in fields})
    return models.CheckConstraint(name=name, condition=all_set | all_empty, violation_error_message=message)


def one_of(name: str, field: str, values: list[str], *, message: str) -> models.CheckConstraint:
    """Return a constraint that keeps `field` within `values`.

    A nested TextChoices is out of sight inside `Meta`, so the values stand twice; a test holds every
    such constraint against the field's choices.
    """
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": values}), violation_error_message=message)
