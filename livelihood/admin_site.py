"""The admin's door: the three keepers and the city office come in by role, everybody else is refused."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from livelihood.access import NotAllowed, Role, access_of
from livelihood.models import RoleGrant


class KeepersAdminSite(AdminSite):
    """Django's admin: the system for 系统管理员, 安全管理员 and 审计员, the tables of the year for 市民生办.

    Which tables somebody finds inside is each table's own question. One login page and one password page for the
    whole site.
    """

    site_title = "民生工程进度跟踪平台"

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person holds one of these roles; a flag on the account opens nothing."""
        return request.user.is_active and access_of(request.user).has(*RoleGrant.SEPARATED_ROLES, Role.CITY_OFFICE)

    def each_context(self, request: HttpRequest) -> dict:
        """Return what every page shows, under the name by which the person knows it."""
        return super().each_context(request) | {"site_header": self._title(request)}

    def index(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """Show the tables that are the person's."""
        return super().index(request, {"title": self._title(request)} | (extra_context or {}))

    def _title(self, request: HttpRequest) -> str:
        is_keeper = access_of(request.user).has(*RoleGrant.SEPARATED_ROLES)
        return "系统管理" if is_keeper else "年度数据"

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """Send visitors to the site's login page; refuse who is signed in without one of the roles."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise NotAllowed("系统管理只对系统管理员、安全管理员、审计员开放，年度数据只对市民生办开放。")
        return redirect_to_login(request.GET.get("next", "/"), settings.LOGIN_URL)

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """Send the person to the page where everybody changes their password."""
        return redirect("livelihood:password-change")
