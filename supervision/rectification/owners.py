"""Who may open a kept file: whoever may see something that names it. Each theme says so for what is its own."""

from collections.abc import Callable

from livelihood.models import User
from supervision.models import InspectionPhoto, KeptFile, Rectification, RectificationFile
from supervision.models.inspections import Inspection

_owners: dict[str, Callable[[User, KeptFile], bool]] = {}


def register_owner(name: str, sees: Callable[[User, KeptFile], bool]) -> None:
    """Offer a theme's answer to “does the user see something of yours that names this file?”."""
    _owners[name] = sees


def may_open(user: User, file: KeptFile) -> bool:
    """Tell whether any theme shows the file to the user."""
    return any(sees(user, file) for sees in _owners.values())


def _of_rectification(user: User, file: KeptFile) -> bool:
    named = RectificationFile.objects.filter(file=file).values("rectification")
    return Rectification.objects.visible_to(user).filter(pk__in=named).exists()


def _of_inspection(user: User, file: KeptFile) -> bool:
    named = InspectionPhoto.objects.filter(file=file).values("inspection")
    return Inspection.objects.visible_to(user).filter(pk__in=named).exists()


register_owner("rectification", _of_rectification)
register_owner("inspection", _of_inspection)
