"""Every model of ours: Chinese names, constraints that speak Chinese and refuse, who with when."""

import datetime
import re
import uuid

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from livelihood.models import AuditSeal, Job
from projects.models import (
    BureauSignature,
    CalendarDay,
    CellReview,
    CrossRule,
    CrossTerm,
    DatedTask,
    Evidence,
    FigureFlag,
    FigureRevision,
    ImportBatch,
    ImportFile,
    ImportMapping,
    ImportUpload,
    LeadConfirmation,
    LeadObjection,
    Outage,
    PaperConflict,
    PeriodReopening,
    ProjectLineage,
    Reminder,
    ReportApproval,
    Responsibility,
    SaveBatch,
    TargetSentence,
)
from supervision.models import (
    Document,
    DocumentSeries,
    EnteredMark,
    PaperKind,
    PaperStyle,
    Receipt,
    RenderedFile,
    SchemeIndicator,
    Snapshot,
    SnapshotComponent,
    SnapshotLine,
    SnapshotPlace,
    SnapshotUnit,
)
from tests import factories
from tests.funding import rows as funding_rows
from tests.supervision import check_rows, disclosure_rows, letter_rows, rectification_rows
from tests.supervision import funds as fund_standings_rows

OURS = [
    model
    for label in ("livelihood", "projects", "funding", "supervision")
    for model in apps.get_app_config(label).get_models()
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CONSTRAINTS = [(model, constraint) for model in OURS for constraint in model._meta.constraints]
NOW = datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)


def names(pairs):
    return [constraint.name for _, constraint in pairs]


# -- what a valid row of each model looks like ---------------------------------------------------


def snapshot():
    return Snapshot.objects.create(
        period=factories.PeriodFactory(),
        version=1,
        decimals=2,
        elapsed_parts=8,
        elapsed_whole=12,
        calc_version=1,
        sha256=factories.HASH,
        frozen_by=factories.UserFactory(),
    )


def snapshot_line():
    return SnapshotLine.objects.create(
        snapshot=snapshot(),
        participant=factories.ParticipantFactory(),
        indicator=factories.IndicatorFactory(),
        project_id=1,
        participant_kind="unit",
        participant_order=1,
        ranked=True,
        indicator_kind="number",
        direction="at_least",
        accumulation="flow",
        additive=True,
        assessed=True,
        tolerance="0.05",
        value_decimals=0,
        target_state="assessed",
        has_report=True,
        approved=True,
        has_plan=False,
    )


def snapshot_component():
    return SnapshotComponent.objects.create(snapshot=snapshot(), participant=factories.ParticipantFactory(), code="c1")


def snapshot_place():
    return SnapshotPlace.objects.create(
        snapshot=snapshot(), indicator=factories.IndicatorFactory(), measure="rate", city_place=15, city_count=16
    )


def entered_mark():
    scheme = factories.plain_scheme(factories.ProgrammeFactory())
    return EnteredMark.objects.create(
        period=factories.PeriodFactory(programme=scheme.programme),
        component=scheme.components.get(),
        participant=factories.ParticipantFactory(programme=scheme.programme),
        value=80,
        source="评分表",
        entered_by=factories.UserFactory(),
    )


def snapshot_unit():
    return SnapshotUnit.objects.create(
        snapshot=snapshot(), participant=factories.ParticipantFactory(), ranked=True, has_report=True
    )


def series():
    return DocumentSeries.objects.create(agency=factories.AgencyFactory(), word="民生办", year=2020)


def document():
    frozen = snapshot()
    return Document.objects.create(
        series=series(),
        period=frozen.period,
        snapshot=frozen,
        title="通报",
        sha256=factories.HASH,
        drafted_by=factories.UserFactory(),
    )


def issued():
    row = document()
    row.state, row.number, row.issued_on = "issued", 8, NOW.date()
    row.issued_at, row.issued_by = NOW, row.drafted_by
    row.save()
    return row


def receipt():
    paper = issued()
    return Receipt.objects.create(
        document=paper,
        agency=factories.AgencyFactory(),
        recipient="太和县民生办",
        sent_on=NOW.date(),
        sent_by=paper.drafted_by,
    )


def paper_kind():
    return PaperKind.objects.create(
        agency=factories.AgencyFactory(),
        code="own-1",
        label="半年进展",
        title="通报",
        lead="通报如下：",
        sections=["lead", "overview"],
        updated_by=factories.UserFactory(),
    )


def paper_style():
    return PaperStyle.objects.create(agency=factories.AgencyFactory(), updated_by=factories.UserFactory())


def scheme_indicator():
    indicator = factories.IndicatorFactory(assessed=False)
    scheme = factories.plain_scheme(indicator.sub_project.project.programme)
    return SchemeIndicator.objects.create(scheme=scheme, indicator=indicator, counts=True)


def rendered():
    return RenderedFile.objects.create(
        document=document(), version=1, format="docx", content_sha256=factories.HASH, file="documents/x.docx"
    )


def approval():
    return ReportApproval.objects.create(
        report=factories.ReportFactory(),
        nth=1,
        sha256=factories.HASH,
        verdict="approved",
        decided_by=factories.UserFactory(),
    )


def batch():
    period = factories.PeriodFactory()
    return ImportBatch.objects.create(
        sha256=factories.HASH,
        programme=period.programme,
        period=period,
        file="imports/x.xlsx",
        file_name="x.xlsx",
        committed_by=factories.UserFactory(),
    )


def import_upload():
    period = factories.PeriodFactory()
    return ImportUpload.objects.create(programme=period.programme, period=period, uploaded_by=factories.UserFactory())


def import_file():
    return ImportFile.objects.create(upload=import_upload(), sha256=factories.HASH, file_name="x.xlsx", size=1, order=0)


def import_mapping():
    return ImportMapping.objects.create(
        programme=factories.ProgrammeFactory(),
        kind="column",
        label="兑现数",
        meaning="value",
        corrected_by=factories.UserFactory(),
    )


def reopening():
    return PeriodReopening.objects.create(
        period=factories.PeriodFactory(), reason="更正", until=NOW, opened_by=factories.UserFactory()
    )


def seal():
    return AuditSeal.objects.create(from_id=1, to_id=2, event_count=2, sha256=factories.HASH)


def job():
    return Job.objects.create(kind="close_month", key="1", queued_by=factories.UserFactory())


def flag():
    return FigureFlag.objects.create(figure=factories.FigureFactory(), code="falling_flow", explanation="比上月少")


def revision():
    return FigureRevision.objects.get(figure=factories.FigureFactory())


def role_grant():
    user = factories.grant(factories.UserFactory(), "clerk", region=factories.RegionFactory())
    return user.grants.get()


def save_batch():
    return SaveBatch.objects.create(
        report=factories.ReportFactory(),
        key=uuid.UUID("7d0f3f1e-52c1-4e84-9d06-a5d9e7c2f104"),
        sha256=factories.HASH,
        reply={},
        saved_by=factories.UserFactory(),
    )


def evidence():
    figure = factories.FigureFactory()
    return Evidence.objects.create(
        report=figure.report,
        participant=figure.participant,
        indicator=figure.indicator,
        kind="photo",
        file="evidence/x.jpg",
        file_name="现场.jpg",
        size=1,
        sha256=factories.HASH,
        added_by=factories.UserFactory(),
    )


def bureau_signature():
    return BureauSignature.objects.create(
        report=factories.ReportFactory(),
        agency=factories.AgencyFactory(),
        sha256=factories.HASH,
        signed_by=factories.UserFactory(),
    )


def cell_review():
    figure = factories.FigureFactory()
    return CellReview.objects.create(
        report=figure.report,
        participant=figure.participant,
        indicator=figure.indicator,
        nth=1,
        verdict="returned",
        reason="与台账不一致",
        figure_version=1,
        decided_by=factories.UserFactory(),
    )


def lead_confirmation():
    return LeadConfirmation.objects.create(
        report=factories.ReportFactory(),
        agency=factories.AgencyFactory(),
        sha256=factories.HASH,
        confirmed_by=factories.UserFactory(),
    )


def lead_objection():
    figure = factories.FigureFactory()
    return LeadObjection.objects.create(
        report=figure.report,
        participant=figure.participant,
        indicator=figure.indicator,
        agency=factories.AgencyFactory(),
        value=58,
        reason="台账是 58",
        raised_by=factories.UserFactory(),
    )


def reminder():
    return Reminder.objects.create(
        period=factories.PeriodFactory(),
        participant=factories.ParticipantFactory(),
        text="请今天之内报送。",
        sent_by=factories.UserFactory(),
    )


def outage():
    hour = datetime.timedelta(hours=1)
    return Outage.objects.create(
        period=factories.PeriodFactory(),
        starts_at=NOW,
        ends_at=NOW + hour,
        extended_until=NOW + 2 * hour,
        reason="机房停电",
        recorded_by=factories.UserFactory(),
    )


def cross_rule():
    return CrossRule.objects.create(
        programme=factories.ProgrammeFactory(), name="合计等于各项之和", changed_by=factories.UserFactory()
    )


def cross_term():
    return CrossTerm.objects.create(rule=cross_rule(), side="left", indicator=factories.IndicatorFactory())


def duty(model, **fields):
    return lambda: model.objects.create(
        sub_project=factories.SubProjectFactory(), participant=factories.ParticipantFactory(), **fields
    )


def lineage():
    return ProjectLineage.objects.create(
        from_project=factories.ProjectFactory(), to_project=factories.ProjectFactory(), kind="continued"
    )


def paper_conflict():
    return PaperConflict.objects.create(
        programme=factories.ProgrammeFactory(), subject="标题", first="扩食堂", second="建宿舍扩食堂"
    )


def calendar_day():
    return CalendarDay.objects.create(
        region=factories.RegionFactory(),
        date=NOW.date(),
        kind="holiday",
        name="本地放假",
        set_by=factories.UserFactory(),
    )


VALID = {
    "account": factories.UserFactory,
    "agency": factories.AgencyFactory,
    "assignment": factories.AssignmentFactory,
    "audit_seal": seal,
    "benchmark": factories.BenchmarkFactory,
    "bureau_signature": bureau_signature,
    "calendar_day": calendar_day,
    "cell_review": cell_review,
    "cross_rule": cross_rule,
    "cross_term": cross_term,
    "dated_task": duty(DatedTask, due_on=NOW.date(), text="方案备案"),
    "document": document,
    "evidence": evidence,
    "document_series": series,
    "figure": factories.FigureFactory,
    "figure_flag": flag,
    "figure_revision": revision,
    "import_batch": batch,
    "import_file": import_file,
    "import_mapping": import_mapping,
    "import_upload": import_upload,
    "indicator": factories.IndicatorFactory,
    "job": job,
    "lead_confirmation": lead_confirmation,
    "lead_objection": lead_objection,
    "milestone": factories.MilestoneFactory,
    "outage": outage,
    "paper_conflict": paper_conflict,
    "participant": factories.ParticipantFactory,
    "period_reopening": reopening,
    "programme": factories.ProgrammeFactory,
    "project": factories.ProjectFactory,
    "project_lineage": lineage,
    "region": factories.RegionFactory,
    "paper_kind": paper_kind,
    "paper_style": paper_style,
    "receipt": receipt,
    "rendered_file": rendered,
    "reminder": reminder,
    "report": factories.ReportFactory,
    "report_approval": approval,
    "reporting_period": factories.PeriodFactory,
    "responsibility": duty(Responsibility, office="县政府副县长"),
    "role_grant": role_grant,
    "save_batch": save_batch,
    "scheme_indicator": scheme_indicator,
    "scoring_component": lambda: factories.plain_scheme(factories.ProgrammeFactory()).components.get(),
    "scoring_scheme": lambda: factories.plain_scheme(factories.ProgrammeFactory()),
    "entered_mark": entered_mark,
    "snapshot": snapshot,
    "snapshot_component": snapshot_component,
    "snapshot_line": snapshot_line,
    "snapshot_place": snapshot_place,
    "snapshot_unit": snapshot_unit,
    "sub_project": factories.SubProjectFactory,
    "target": factories.TargetFactory,
    "target_sentence": duty(TargetSentence, text="建设73个"),
}

VALID |= funding_rows.VALID | fund_standings_rows.VALID | check_rows.VALID | disclosure_rows.VALID
VALID |= rectification_rows.VALID | letter_rows.VALID

# -- how each constraint that is neither a unique nor a list of values is broken -----------------

BROKEN = {
    "component_counted_given": {"kind": "finding_off"},
    "component_mark_given": {"kind": "entered"},
    "component_places_given": {"kind": "year_end"},
    "component_span_given": {"kind": "timeliness"},
    "component_streak_given": {"kind": "last_place"},
    "entered_mark_confirmed_pair": {"confirmed_at": NOW},
    "entered_mark_not_negative": {"value": -1},
    "entered_mark_sampled": {"sample_size": 0},
    "entered_mark_sourced": {"source": ""},
    "entered_mark_two_people": {"confirmed_at": NOW},
    "bureau_signature_has_hash": {"sha256": ""},
    "bureau_withdrawn_pair": {"withdrawn_at": NOW},
    "cell_review_one_cell": {"cell": "12-spent"},
    "lead_objection_one_cell": {"part": "?"},
    "evidence_one_cell": {"indicator": None},
    "cell_review_return_reason": {"reason": ""},
    "cell_review_answer_pair": {"answered_at": NOW},
    "cell_review_answer_said": {"answer": "", "answered_at": NOW},
    "lead_confirmation_has_hash": {"sha256": ""},
    "lead_objection_has_reason": {"reason": ""},
    "lead_objection_settled_pair": {"settled_at": NOW, "settlement": "以县报为准"},
    "lead_objection_settlement": {"settled_at": NOW},
    "reminder_has_addressee": {"participant": None},
    "reminder_has_text": {"text": ""},
    "outage_ends_after_start": {"ends_at": NOW},
    "outage_extends_past_end": {"extended_until": NOW},
    "outage_has_reason": {"reason": ""},
    "evidence_removed_pair": {"removed_at": NOW},
    "evidence_not_empty": {"size": 0},
    "cross_rule_tolerance_valid": {"tolerance": -1},
    "cross_term_factor_valid": {"factor": 0},
    "role_grant_has_scope": {"region": None},
    "audit_seal_range_valid": {"from_id": 5},
    "import_file_not_empty": {"size": 0},
    "import_mapping_says_what": {"meaning": ""},
    "import_upload_finished_known": {"state": "discarded"},
    "import_upload_finished_pair": {"finished_at": NOW},
    "job_lease_when_running": {"state": "running"},
    "job_progress_valid": {"progress": 101},
    "calendar_day_has_name": {"name": ""},
    "programme_decimals_valid": {"decimals": 5},
    "programme_opened_pair": {"opened_by": None},
    "programme_month_due_valid": {"month_due_day": 29},
    "programme_week_end_valid": {"week_ends_on": 0},
    "programme_week_due_valid": {"week_due_weekday": 8},
    "programme_week_hour_valid": {"week_due_hour": 24},
    "programme_week_after_valid": {"week_due_after_holiday": 0},
    "participant_ranked_unit": {"kind": "own", "ranked": True},
    "participant_dates_valid": {"joins_on": datetime.date(2020, 2, 1), "leaves_on": datetime.date(2020, 1, 1)},
    "project_seq_positive": {"seq": 0},
    "indicator_level_not_additive": {"accumulation": "level", "additive": True},
    "indicator_assessed_number": {"kind": "growth", "assessed": True},
    "indicator_decimals_valid": {"decimals": 7},
    "indicator_tolerance_valid": {"tolerance": 1},
    "target_value_when_assessed": {"state": "no_task", "value": 1},
    "target_value_not_negative": {"value": -1},
    "target_dates_valid": {"valid_to": datetime.date(2019, 1, 1)},
    "target_revision_reason": {"revision": 2, "reason": ""},
    "milestone_threshold_valid": {"threshold": -1},
    "milestone_rate_at_most_100": {"threshold": 101},
    "responsibility_has_office": {"office": ""},
    "target_sentence_has_text": {"text": ""},
    "dated_task_has_text": {"text": ""},
    "dated_task_done_pair": {"done_at": NOW, "done_on": NOW.date(), "evidence_note": "备案回执"},
    "dated_task_done_evidence": {"evidence_note": "备案回执"},
    "lineage_withdrawn_ends": {"kind": "withdrawn"},
    "paper_conflict_both_said": {"first": ""},
    "paper_conflict_differs": {"second": "扩食堂"},
    "period_dates_valid": {"ends_on": datetime.date(2019, 1, 1)},
    "period_month_starts_first": {"starts_on": datetime.date(2020, 1, 2)},
    "period_closed_pair": {"closed_at": NOW},
    "period_closed_has_moment": {"state": "closed"},
    "reopening_has_reason": {"reason": ""},
    "reopening_ended_pair": {"ended_at": NOW},
    "report_one_reporter": {"participant": None},
    "report_signed_pair": {"signed_at": NOW},
    "report_submitted_pair": {"submitted_at": NOW},
    "report_submitted_has_hash": {"content_sha256": ""},
    "report_returned_has_reason": {"state": "returned"},
    "approval_return_reason": {"verdict": "returned"},
    "figure_value_when_reported": {"state": "reported", "value": None},
    "benchmark_one_subject": {"indicator": None},
    "benchmark_decimals_valid": {"decimals": 7},
    "benchmark_source_given": {"source": ""},
    "benchmark_place_in_count": {"city_place": 17, "city_count": 16},
    "snapshot_place_one_subject": {"indicator": None},
    "component_weight_valid": {"weight": 101},
    "component_cap_valid": {"cap": 0},
    "document_issued_pair": {"state": "issued", "number": 8, "issued_on": NOW.date(), "issued_at": NOW},
    "document_reviewed_pair": {"reviewed_at": NOW},
    "document_edited_pair": {"edited_at": NOW},
    "document_voided_pair": {"state": "void", "void_reason": "内容有误", "voided_at": NOW},
    "document_void_has_reason": {"void_reason": "内容有误"},
    "document_period_given": {"period": None},
    "series_first_number_valid": {"first_number": 2},
    "receipt_agency_unique": {"recipient": "界首市民生办"},
    "receipt_recipient_unique": {"agency": None, "way": "paper"},
    "receipt_account_has_agency": {"agency": None},
    "receipt_received_pair": {"received_at": NOW},
    "receipt_reminded_pair": {"reminded_at": NOW},
    "paper_kind_code_unique": {"label": "全年进展"},
    "paper_kind_label_unique": {"code": "own-2"},
    "paper_kind_texts_given": {"label": ""},
    "paper_style_days_valid": {"check_days": 0},
    "paper_style_pitch_valid": {"line_pitch": 10},
    "participant_name_unique": {"code": "another"},
    "document_issued_has_number": {"number": 8},
    "document_correction_names": {"kind": "correction"},
}

BROKEN |= funding_rows.BROKEN | fund_standings_rows.BROKEN | check_rows.BROKEN | disclosure_rows.BROKEN
BROKEN |= rectification_rows.BROKEN | letter_rows.BROKEN

#: A list of values that a constraint checked before it keeps as well; what else the row then needs.
SUBSUMED = {"document_state_valid": "document_issued_has_number"} | check_rows.SUBSUMED
SUBSUMED |= rectification_rows.SUBSUMED | {"letter_reply_state_valid": "letter_reply_judged"}
BESIDE = {"indicator_kind_valid": {"assessed": False}, "period_state_valid": {"closed_at": NOW}}


def broken(model, constraint):
    """Return an unsaved copy of a valid row that breaks `constraint`."""
    row = VALID[model._meta.db_table]()
    if constraint.name == "document_number_unique":
        row = issued()
    if constraint.name == "report_agency_unique":
        row = factories.ReportFactory(participant=None, agency=factories.AgencyFactory())
    if constraint.name == "check_agency_unique":
        row = check_rows.snapshot_check(agency=factories.AgencyFactory())
    if constraint.name == "rectification_two_persons":
        return rectification_rows.closed_by_who_reported()
    if constraint.name == "benchmark_fund_unique":
        row = factories.BenchmarkFactory(indicator=None, fund_rate="project/disbursed/planned")
    if constraint.name == "snapshot_place_fund":
        row = SnapshotPlace.objects.create(
            snapshot=snapshot(), fund_rate="project-disbursed-planned", measure="rate", city_place=9, city_count=16
        )
    if constraint.name == "indicator_not_own_part":
        row.part_of_id = row.pk + 1
        row.assessed = False
        row.pk += 1
        return row
    if constraint.name == "lineage_not_itself":
        row.to_project_id = row.from_project_id
    row.pk = None
    for field, value in BROKEN.get(constraint.name, {}).items():
        setattr(row, field, value)
    for field, value in BESIDE.get(constraint.name, {}).items():
        setattr(row, field, value)
    if constraint.name == "component_agency_of_lead":
        row.agency = factories.AgencyFactory()
    if constraint.name == "entered_mark_two_people":
        row.confirmed_by = row.entered_by
    if constraint.name == "rule_firing_waived_why":
        row.waived_by = row.rule.made_by
    if constraint.name == "letter_closed_by_figure":
        row.closed_by = row.drafted_by
    if constraint.name == "disclosure_withdrawn_reason":
        row.withdrawn_at, row.withdrawn_by = NOW, row.published_by
    if constraint.name == "cell_review_answer_said":
        row.answered_by = factories.UserFactory()
    if constraint.name == "lead_objection_settlement":
        row.settled_by = factories.UserFactory()
    if constraint.name == "period_state_valid":
        row.closed_by = factories.UserFactory()
    if constraint.name.endswith("_valid") and constraint.name not in BROKEN:
        setattr(row, choice_field(constraint), "?")
    return row


def choice_field(constraint) -> str:
    [(lookup, _)] = constraint.condition.children
    return lookup.removesuffix("__in")


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=names(CONSTRAINTS))
def test_constraint_refuses_in_the_database_and_speaks_chinese(model, constraint):
    row = broken(model, constraint)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save(force_insert=True)

    assert SUBSUMED.get(constraint.name, constraint.name) in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=names(CONSTRAINTS))
def test_constraint_message_reaches_the_form(model, constraint):
    row = broken(model, constraint)

    with pytest.raises(ValidationError) as refused:
        constraint.validate(model, row)

    assert constraint.get_violation_error_message() in " ".join(refused.value.messages)


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=names(CONSTRAINTS))
def test_constraint_has_a_short_name_and_a_chinese_message(model, constraint):
    assert len(constraint.name) <= 30
    assert CHINESE.search(str(constraint.violation_error_message))


VALUE_LISTS = [
    (model, constraint)
    for model, constraint in CONSTRAINTS
    if isinstance(constraint, models.CheckConstraint)
    and constraint.name not in BROKEN
    and constraint.name.endswith("_valid")
]


@pytest.mark.parametrize(("model", "constraint"), VALUE_LISTS, ids=names(VALUE_LISTS))
def test_value_list_is_that_of_the_fields_choices(model, constraint):
    [(_, values)] = constraint.condition.children

    assert values == [value for value, _ in model._meta.get_field(choice_field(constraint)).choices]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_model_and_fields_have_chinese_names(model):
    assert CHINESE.search(str(model._meta.verbose_name))
    for field in model._meta.get_fields():
        if (
            isinstance(field, models.Field)
            and not field.primary_key
            and field.model is model
            and field.name not in BUILT_IN
        ):
            assert CHINESE.search(str(field.verbose_name)), field.name


#: Named by Django itself, in its own translation.
BUILT_IN = {"password", "last_login", "is_superuser", "username", "email", "is_staff", "is_active", "date_joined"} | {
    "groups",
    "user_permissions",
}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_table_and_index_names_are_short(model):
    assert len(model._meta.db_table) <= 30
    assert all(len(index.name) <= 30 for index in model._meta.indexes)


#: A moment whose person is not a user of ours, or stands elsewhere in the row.
NO_PERSON = {"due_at", "starts_at", "ends_at", "sealed_at", "finished_at", "rendered_at", "flagged_at"}
NO_PERSON |= {"fired_at", "recorded_at", "taken_at"}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_moment_has_its_person(model):
    fields = {field.name: field for field in model._meta.get_fields() if isinstance(field, models.Field)}
    paired = {
        tuple(sorted(lookup.removesuffix("__isnull") for lookup, _ in constraint.condition.children[0].children))
        for constraint in model._meta.constraints
        if constraint.name.endswith("_pair")
    }

    for name, field in fields.items():
        if not name.endswith("_at") or name in NO_PERSON:
            continue
        person = fields[name.replace("_at", "_by")]
        assert field.null == person.null, name
        if field.null:
            assert (name, person.name) in paired, name


@pytest.mark.django_db
def test_every_model_with_constraints_has_a_valid_row():
    missing = {model._meta.db_table for model, _ in CONSTRAINTS} - VALID.keys()

    assert not missing
    assert timezone.is_aware(NOW)
