"""年度数据: the tables of a year in the admin, for the city office to look at, to bring in by workbook and to take out.

Rows are those of the programmes the person's office owns, and change through the services alone: an import here is
the page's import (`workbook_page`, `WorkbookResource`), with the same preview, flags and all-or-nothing rule. Django's
and the library's permissions are not asked: a role grant opens these tables, nothing else.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DecimalField, JSONField, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from import_export import fields, resources, widgets
from import_export.admin import ImportExportMixin

from livelihood.access import Role, access_of
from livelihood.admin import chosen_words
from livelihood.formats import EXACT, format_long_moment
from livelihood.models import User
from livelihood.services import Refused, record_event
from livelihood.workbooks import Column, Sheet, workbook_response
from projects.exports import GAP
from projects.models import Programme
from projects.views.workbooks import confirm_workbook, workbook_page
from projects.workbook_resource import WorkbookResource
from projects.workbooks import WorkbookKind


def office_programmes(user: User) -> QuerySet[Programme]:
    """Return the programmes of the regions in which the person is the city office."""
    return Programme.objects.filter(owner__in=access_of(user).region_ids(Role.CITY_OFFICE))


class _AsItIs(widgets.Widget):
    """What stands in the row, as a workbook's cell takes it: numbers and dates stay numbers and dates."""

    def render(self, value, obj=None, **kwargs):
        """Return the value; yes and no, and lists, in words; a number without the zeros nobody wrote."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return "、".join(str(one) for one in value)
        if isinstance(value, Decimal):
            plain = value.normalize(EXACT)
            return plain if plain.as_tuple().exponent <= 0 else plain.quantize(Decimal(1), context=EXACT)
        return value if value is None or isinstance(value, int | str) or hasattr(value, "isoformat") else str(value)


class TableField(fields.Field):
    """A column of an exported table: where its value is, its head, and how wide it is."""

    def __init__(self, attribute: str, head: str, width: float = 12, *, is_number: bool = False):
        super().__init__(attribute, head, widget=_AsItIs(), readonly=True)
        self.width, self.is_number = width, is_number


class TableResource(resources.Resource):
    """A table of the year as it is exported; its fields are `TableField`s in the order of the columns."""

    def sheet(self, queryset: QuerySet, *, title: str, facts: str, is_demo: bool) -> Sheet:
        """Return the rows for the one writer of workbooks; they are read while they are written."""
        columns = [
            Column(field.column_name, field.width, is_number=field.is_number) for field in self.get_export_fields()
        ]
        return Sheet(title, title, columns, self._rows(queryset), facts=facts, is_demo=is_demo)

    def _rows(self, queryset: QuerySet) -> Iterator[list]:
        for row in self.iter_queryset(queryset):
            yield self.export_resource(row)


class ProgrammeFilter(admin.SimpleListFilter):
    """Rows of one programme; only those of the person's own office are offered."""

    title = "年度民生工程"
    parameter_name = "programme"

    def lookups(self, request, model_admin):
        return list(office_programmes(request.user).values_list("code", "name"))

    def queryset(self, request, queryset):
        return queryset.filter(**{f"{self.path}code": self.value()}) if self.value() else queryset


def programme_filter(path: str) -> type[ProgrammeFilter]:
    """Return the filter for a table from which `path` leads to the programme."""
    return type("ProgrammeFilter", (ProgrammeFilter,), {"path": f"{path}__" if path else ""})


def _words_of(field) -> Callable:
    """Return a column of the page of a row that shows a key, a list or a number as words."""

    @admin.display(description=field.verbose_name)
    def words(row):
        value = _AsItIs().render(getattr(row, field.name))
        return "—" if value in (None, "") else f"{value:f}" if isinstance(value, Decimal) else str(value)

    return words


class YearAdmin(ImportExportMixin, admin.ModelAdmin):
    """A table of the year: read-only rows, import by the kind's workbook, export by the one writer.

    `programme_path` leads from a row to its programme, `export_class` says the columns of the export.
    """

    programme_path = ""
    export_class: type[TableResource]
    #: The page's own address of the workbook to fill: its view name.
    template_view: str

    actions = None
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 500
    import_export_change_list_template = "projects/year/change_list.html"
    change_form_template = "projects/year/change_form.html"

    # -- who ------------------------------------------------------------------------------------

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return access_of(request.user).has(Role.CITY_OFFICE)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_import_permission(self, request):
        return self.has_view_permission(request)

    def has_export_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        """Return the rows of the programmes the person's office owns."""
        path = f"{self.programme_path}__in" if self.programme_path else "pk__in"
        return super().get_queryset(request).filter(**{path: office_programmes(request.user).values("pk")})

    def get_list_filter(self, request):
        own = (programme_filter(self.programme_path),) if self.programme_path else ()
        return (*own, *self.list_filter)

    def get_fields(self, request, obj=None):
        """Return the row's columns; what stands in another table of the admin is shown without a link to it.

        Django would link to the keepers' tables as well, which the office may not open.
        """
        columns = [field for field in self.opts.concrete_fields if not field.primary_key]
        return [
            _words_of(field) if field.is_relation or isinstance(field, DecimalField | JSONField) else field.name
            for field in columns
            if field.name not in (self.exclude or ())
        ]

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj)

    def changelist_view(self, request, extra_context=None):
        """Show the rows under the table's own name."""
        is_demo = office_programmes(request.user).filter(is_demo=True).exists()
        own = {"title": self.opts.verbose_name_plural, "is_demo": is_demo}
        return super().changelist_view(request, own | (extra_context or {}))

    def history_view(self, request, object_id, extra_context=None):
        """Refuse: what became of a row stands in the audit trail, and in its revisions."""
        raise PermissionDenied

    # -- import ---------------------------------------------------------------------------------

    def subjects(self, request: HttpRequest) -> list[tuple[str, str, object]]:
        """Return what a workbook can be about: key, name, object. None: the file itself says."""
        return [(row.code, row.name, row) for row in office_programmes(request.user).select_related("owner")]

    def make_kind(self, user: User, subject, **extra) -> WorkbookKind:
        """Return the kind of workbook this table is filled from."""
        raise NotImplementedError

    def template_args(self, subject) -> list[str]:
        """Return the arguments of `template_view`."""
        return [subject.code]

    def catalogues(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return label and code where there are several workbooks to fill; none: there is one."""
        return []

    def get_import_resource_classes(self, request):
        return [WorkbookResource]

    def get_export_resource_classes(self, request):
        return [self.export_class]

    def import_action(self, request: HttpRequest, **kwargs) -> HttpResponse:
        """Take a workbook and show what it would change; nothing is read but through the guard, in its own process."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        make, page = self._import(request)
        # Confirming has an address of its own here.
        if make is None or request.POST.get("step") == "confirm":
            return redirect(page["back_url"])
        return workbook_page(request, make, page)

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs) -> HttpResponse:
        """Import what was shown, if it is still what the fingerprint confirms: everything or nothing."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        make, page = self._import(request)
        return redirect(page["back_url"]) if make is None else confirm_workbook(request, make, page)

    def _import(self, request: HttpRequest) -> tuple[Callable[..., WorkbookKind] | None, dict]:
        """Return how the kind is made for the chosen subject, and the page; None where there is nothing to import to.

        Raises Http404 for a subject that is not the person's office's.
        """
        back = f"admin:{'_'.join(self.get_model_info())}_changelist"
        subjects = self.subjects(request)
        key = request.GET.get("of") or (subjects[0][0] if subjects else "")
        found = next(((name, row) for one, name, row in subjects if one == key), None)
        if found is None:
            if request.GET.get("of"):
                raise Http404
            messages.error(request, "还没有可以导入的年度，请先导入年度目录。")
            return None, {"back_url": reverse(back)}
        name, subject = found
        chosen = f"?{urlencode({'of': key})}"
        model, make = "_".join(self.get_model_info()), lambda **extra: self.make_kind(request.user, subject, **extra)
        return make, self.admin_site.each_context(request) | {
            "template": "projects/year/import.html",
            "url": reverse(f"admin:{model}_import") + chosen,
            "confirm_url": reverse(f"admin:{model}_process_import") + chosen,
            "template_url": reverse(self.template_view, args=self.template_args(subject)),
            "resource_class": self.get_import_resource_classes(request)[0],
            "back": {"view": back, "label": self.opts.verbose_name_plural},
            "opts": self.opts,
            "templates": self.catalogues(request),
            "subjects": [(one, label) for one, label, _row in subjects],
            "subject": key,
            "subject_name": name,
        }

    # -- export ---------------------------------------------------------------------------------

    @method_decorator(transaction.atomic)
    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Give the table as the list shows it, filtered and ordered, as a workbook: an event of the audit trail."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        back = reverse(f"admin:{'_'.join(self.get_model_info())}_changelist")
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(f"{back}?e=1")
        name, chosen = str(self.opts.verbose_name_plural), chosen_words(found) or "全部"
        facts = f"范围：{chosen}{GAP}导出：{format_long_moment(timezone.now())} {request.user}"
        resource = self.choose_export_resource_class(None, request)()
        sheet = resource.sheet(found.queryset, title=name, facts=facts, is_demo=self._has_demo(found.queryset))
        try:
            response = workbook_response(f"{name}.xlsx", [sheet])
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(f"{back}?{request.GET.urlencode()}")
        record_event(by=request.user, verb="export_year_table", target=request.user, after={"表": name, "范围": chosen})
        return response

    def _has_demo(self, rows: QuerySet) -> bool:
        path = f"{self.programme_path}__" if self.programme_path else ""
        return rows.filter(**{f"{path}is_demo": True}).exists()
