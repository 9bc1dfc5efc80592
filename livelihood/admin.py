"""Django's admin for those who keep the system, each with their own: accounts, places and agencies for the system
administrator; grants for the security administrator; the audit trail, to read, for the auditor.

The tables of the year are the city office's, and the apps they belong to bring them (`projects/workbook_admin.py`):
nothing there is changed row by row. Every change is an audit event, and rights come from role grants, not from
Django's permissions or flags.
"""

import json

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html

from livelihood.access import Role, access_of
from livelihood.audit_export import audit_workbook
from livelihood.audit_words import VERBS, field_names, target_name
from livelihood.models import Agency, AuditEvent, Region, RoleGrant, User
from livelihood.passwords import SET_BY_OTHER
from livelihood.services import Refused, record_event
from livelihood.workbooks import workbook_response

# Rights are role grants; a second system of groups would only mislead.
admin.site.unregister(Group)


class KeptAdmin(admin.ModelAdmin):
    """What `keeper` may change, `readers` may look at, and nobody may delete."""

    show_facets = admin.ShowFacets.NEVER
    keeper = Role.SYSTEM_ADMIN
    readers: tuple[str, ...] = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return access_of(request.user).has(*self.readers)

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
    """Accounts. What a person may do is granted by the security administrator, so no rights are shown here.

    The account of a security administrator or auditor is closed to the system administrator, who would gain
    their powers with a new password: first the security administrator takes the grant back.
    """

    add_form = NewUserForm
    list_display = ["username", "full_name", "agency", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["username", "full_name", "agency__name"]
    list_select_related = ["agency"]
    autocomplete_fields = ["agency"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password", "full_name", "agency", "phone", "email"]}),
        ("登录", {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "full_name", "usable_password", "password1", "password2"]})]

    def has_change_permission(self, request, obj=None):
        if obj is not None:
            is_systems_own = obj.username == "system"
            if is_systems_own or obj.grants.filter(role__in=[Role.SECURITY_ADMIN, Role.AUDITOR]).exists():
                return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request, id, form_url=""):
        """Set somebody's password: an audit event, and they have to change it at their next login."""
        with transaction.atomic():
            # Locked with its grants read inside: a grant given meanwhile is seen, or comes after.
            before = User.objects.select_for_update().filter(pk=unquote(id)).values_list("password", flat=True).first()
            response = super().user_change_password(request, id, form_url)
            person = User.objects.filter(pk=unquote(id)).first()
            if person and person.password != before:
                record_event(by=request.user, verb=SET_BY_OTHER, target=person)
        return response


class RoleGrantForm(forms.ModelForm):
    class Meta:
        model = RoleGrant
        fields = ["user", "role", "region", "agency"]
        help_texts = {
            "region": "县区填报人、县区审核人、市民生办、领导、督查人员：在哪个行政区划。",
            "agency": "部门填报人、市直牵头部门：在哪个单位。三员（系统管理员、安全管理员、审计员）两格都不填。",
        }

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
    """Grants: given and taken back by the security administrator, nobody's own; a changed one is a new one."""

    keeper = Role.SECURITY_ADMIN
    readers = (Role.SECURITY_ADMIN,)
    # The list's bulk deletion would go round the audit event of each.
    actions = None
    form = RoleGrantForm
    list_display = ["user", "role", "region", "agency", "granted_at", "granted_by"]
    list_filter = ["role"]
    list_select_related = ["user", "region", "agency", "granted_by"]
    search_fields = ["user__username", "user__full_name"]
    autocomplete_fields = ["user", "region", "agency"]

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        """A security administrator keeps their own grant: so there is always one."""
        if obj is not None and obj.user_id == request.user.pk:
            return False
        return access_of(request.user).has(self.keeper)

    @transaction.atomic
    def delete_model(self, request, obj):
        """Take the grant back: an audit event with what it was."""
        before = {
            "user": str(obj.user),
            "role": obj.role,
            "region": str(obj.region or ""),
            "agency": str(obj.agency or ""),
        }
        record_event(by=request.user, verb="revoke", target=obj, before=before)
        super().delete_model(request, obj)

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


class VerbFilter(admin.SimpleListFilter):
    """Events by what was done, in words."""

    title = "动作"
    parameter_name = "verb"

    def lookups(self, request, model_admin):
        return list(VERBS.items())

    def queryset(self, request, queryset):
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(KeptAdmin):
    """The audit trail, for the auditor to read; nobody adds, changes or deletes here."""

    readers = (Role.AUDITOR,)
    list_display = ["at", "by", "verb_word", "target_word", "reason"]
    list_display_links = ["at", "verb_word"]
    list_filter = [VerbFilter, "at"]
    list_select_related = ["by"]
    search_fields = ["by__username", "by__full_name", "target_id", "reason"]
    ordering = ["-id"]
    # Counting the whole trail takes longer than the page.
    show_full_result_count = False
    fields = ["at", "by_name", "verb_word", "target_word", "reason", "before_text", "after_text"]
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_urls(self):
        """Return the admin's addresses and that of the export."""
        export = self.admin_site.admin_view(self.export)
        return [path("export/", export, name="livelihood_auditevent_export"), *super().get_urls()]

    @method_decorator(transaction.atomic)
    def export(self, request: HttpRequest) -> HttpResponse:
        """Give the trail as the list shows it, filtered and ordered, as a workbook: itself an event of the trail."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        back = reverse("admin:livelihood_auditevent_changelist")
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(f"{back}?e=1")
        chosen = chosen_words(found)
        try:
            response = workbook_response(*audit_workbook(found.queryset, by=request.user, chosen=chosen))
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(f"{back}?{request.GET.urlencode()}")
        record_event(by=request.user, verb="export_audit_trail", target=request.user, after={"范围": chosen or "全部"})
        return response

    @admin.display(description="操作人", ordering="by")
    def by_name(self, event):
        return f"{event.by}（{event.by.username}）"

    @admin.display(description="动作", ordering="verb")
    def verb_word(self, event):
        return VERBS.get(event.verb, event.verb)

    @admin.display(description="对象", ordering="target_label")
    def target_word(self, event):
        return f"{target_name(event.target_label)} {event.target_id}"

    @admin.display(description="变更前")
    def before_text(self, event):
        return _pretty(event.target_label, event.before)

    @admin.display(description="变更后")
    def after_text(self, event):
        return _pretty(event.target_label, event.after)


def chosen_words(found) -> str:
    """Return by what a list is filtered and searched, in words; nothing for a whole one."""
    words = [
        f"{spec.title}“{choice['display']}”"
        for spec in found.filter_specs
        if spec.used_parameters
        for choice in spec.choices(found)
        if choice["selected"]
    ]
    return "，".join([*words, f"搜索“{found.query}”"] if found.query else words)


def _pretty(label: str, data: dict) -> str:
    """Return the recorded values, one a line, under the words for the table's columns; codes as written."""
    if not data:
        return "—"
    names = field_names(label)
    named = {names.get(key, key): value for key, value in data.items()}
    return format_html("<pre>{}</pre>", json.dumps(named, ensure_ascii=False, indent=2))
