"""Django's admin for those who keep the system: accounts, places and agencies; grants for the security administrator.

The tables of the work itself are not here: they change through their services alone. Nothing here can be
deleted, every change is an audit event, and rights come from role grants, not from Django's permissions.
"""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group

from livelihood.access import Role, access_of
from livelihood.models import Agency, Region, RoleGrant, User
from livelihood.services import record_event

admin.site.site_title = "民生工程进度跟踪平台"
admin.site.site_header = admin.site.index_title = "系统管理"
# Rights are role grants; a second system of groups would only mislead.
admin.site.unregister(Group)


class KeptAdmin(admin.ModelAdmin):
    """What `keeper` may change, the other administrator may look at, and nobody may delete."""

    keeper = Role.SYSTEM_ADMIN

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return access_of(request.user).has(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)

    def has_add_permission(self, request):
        return access_of(request.user).has(self.keeper)

    def has_change_permission(self, request, obj=None):
        return access_of(request.user).has(self.keeper)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """Store the row and its audit event; which fields changed, never a password."""
        super().save_model(request, obj, form, change)
        changed = {name: str(form.cleaned_data[name]) for name in form.changed_data if "password" not in name}
        record_event(by=request.user, verb="change" if change else "create", target=obj, after=changed)


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["username", "full_name"]


@admin.register(User)
class PersonAdmin(KeptAdmin, UserAdmin):
    """Accounts. What a person may do is granted by the security administrator, so no rights are shown here."""

    add_form = NewUserForm
    list_display = ["username", "full_name", "agency", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["username", "full_name", "agency__name"]
    list_select_related = ["agency"]
    autocomplete_fields = ["agency"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password", "full_name", "agency", "phone", "email"]}),
        ("登录", {"fields": ["is_active", "is_staff", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "full_name", "usable_password", "password1", "password2"]})]


class RoleGrantForm(forms.ModelForm):
    class Meta:
        model = RoleGrant
        fields = ["user", "role", "region", "agency", "programme_code"]

    def clean(self):
        """Refuse a person two of the three separated roles, and anybody a grant to themselves."""
        data = super().clean()
        user, role = data.get("user"), data.get("role")
        if user and user == self.granted_by:
            self.add_error("user", "不能给自己授权。")
        others = [other for other in RoleGrant.SEPARATED_ROLES if other != role]
        if user and role in RoleGrant.SEPARATED_ROLES and user.grants.filter(role__in=others).exists():
            self.add_error("role", "系统管理员、安全管理员、审计员不能由同一人担任。")
        return data


@admin.register(RoleGrant)
class RoleGrantAdmin(KeptAdmin):
    """Grants: given by the security administrator; a wrong one is ended by switching the account off."""

    keeper = Role.SECURITY_ADMIN
    form = RoleGrantForm
    list_display = ["user", "role", "region", "agency", "granted_at", "granted_by"]
    list_filter = ["role"]
    list_select_related = ["user", "region", "agency", "granted_by"]
    search_fields = ["user__username", "user__full_name"]
    autocomplete_fields = ["user", "region", "agency"]

    def has_change_permission(self, request, obj=None):
        return False

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.granted_by = request.user
        return form

    def save_model(self, request, obj, form, change):
        obj.granted_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(Region)
class RegionAdmin(KeptAdmin):
    list_display = ["code", "name", "kind", "parent"]
    list_filter = ["kind"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]


@admin.register(Agency)
class AgencyAdmin(KeptAdmin):
    list_display = ["name", "region"]
    list_select_related = ["region"]
    search_fields = ["name", "region__name"]
    autocomplete_fields = ["region"]
