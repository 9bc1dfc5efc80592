"""Every address × every role: what is not granted is refused.

Letters: s got in (2xx, 3xx; or 422: in, and told what is wrong with the form; or 503: told that the site is not
ready); f in scope but not allowed (403); n out of scope (404); L sent to the login page (a script is told so: 401);
m not that way (405).
A new address fails here until it has its row.
"""

from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from funding.models import CostShare, FundExclusion
from livelihood.access import is_city_office
from livelihood.models import Job
from projects.models import CalendarDay, CrossRule, Evidence, ImportFile, ImportUpload, LeadObjection
from projects.services.uploads import stored_path
from supervision.models import Check
from supervision.services.documents import draft_bulletin, enter_external, send_document
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.funding import rows as rows_of_funds
from tests.supervision import disclosure_rows, letter_rows, rectifications
from tests.supervision.funds import fund_set_line
from tests.support.worlds import world

ROLES = [
    "anonymous",
    "stranger",
    "clerk",
    "head",
    "other_clerk",
    "filler",
    "lead_officer",
    "city_officer",
    "leader",
    "inspector",
    "system_admin",
    "security_admin",
    "auditor",
    "supervisor",
]

#: Columns in the order of ROLES. A row may leave out the last, 特邀监督员: then it is as another county's clerk.
TABLE = """
funding:cost-share-change         GET    L n f f f f f s f f n n n
funding:cost-share-change         POST   L n f f f f f s f f n n n
funding:cost-share-new            GET    L n f f f f f s f f n n n
funding:cost-share-new            POST   L n f f f f f s f f n n n
funding:cost-shares               GET    L n s s s s s s s s n n n
funding:cost-shares               POST   L m m m m m m m m m m m m
funding:exclusion                 GET    L n f f f f f s f f n n n
funding:exclusion                 POST   L n f f f f f s f f n n n
funding:exclusions                GET    L n s s s s s s s s n n n
funding:exclusions                POST   L n f f f f f s f f n n n
funding:held                      GET    L n s s s s s s s s n n n
funding:held                      POST   L m m m m m m m m m m m m
funding:latest                    GET    L n s s s s s s s s n n n
funding:latest                    POST   L m m m m m m m m m m m m
funding:overview                  GET    L n s s s s s s s s n n n
funding:overview                  POST   L m m m m m m m m m m m m
funding:overview-export           GET    L n s s s s s s s s n n n
funding:overview-export           POST   L m m m m m m m m m m m m
funding:plan-copy                 GET    L n f f f f f s f f n n n
funding:plan-copy                 POST   L n f f f f f s f f n n n
funding:plan-detail               GET    L n s s n s s s s s n n n
funding:plan-detail               POST   L n f f n f f s f f n n n
funding:plan-list                 GET    L n s s s s s s s s n n n
funding:plan-list                 POST   L m m m m m m m m m m m m
funding:printed-sums              GET    L n f f f f f s f f n n n
funding:printed-sums              POST   L n f f f f f s f f n n n
funding:project                   GET    L n s s s s s s s s n n n
funding:project                   POST   L m m m m m m m m m m m m
funding:plan-new                  GET    L n s s s f f s f f n n n f
funding:plan-new                  POST   L n s s s f f s f f n n n f
funding:plan-paste                GET    L n s s s f f s f f n n n f
funding:plan-paste                POST   L n s s s f f s f f n n n f
funding:plan-import               GET    L n s s s f f s f f n n n f
funding:plan-import               POST   L n s s s f f s f f n n n f
funding:plan-template             GET    L n s s s f f s f f n n n f
funding:plan-template             POST   L m m m m m m m m m m m m
livelihood:healthz                GET    s s s s s s s s s s s s s
livelihood:healthz                POST   m m m m m m m m m m m m m
livelihood:home                   GET    L s s s s s s s s s s s s
livelihood:home                   POST   L m m m m m m m m m m m m
livelihood:job-detail             GET    L n n n n n n s n n n n n
livelihood:job-detail             POST   L m m m m m m m m m m m m
livelihood:login                  GET    s s s s s s s s s s s s s
livelihood:login                  POST   s s s s s s s s s s s s s
livelihood:logout                 GET    L m m m m m m m m m m m m
livelihood:logout                 POST   L L L L L L L L L L L L L
livelihood:password-change        GET    L s s s s s s s s s s s s
livelihood:password-change        POST   L s s s s s s s s s s s s
livelihood:readyz                 GET    s s s s s s s s s s s s s
livelihood:readyz                 POST   m m m m m m m m m m m m m
livelihood:status                 GET    L f f f f f f f f f s f f
livelihood:status                 POST   L m m m m m m m m m m m m
livelihood:styleguide             GET    L f f f f f f f f f s f f
livelihood:styleguide             POST   L m m m m m m m m m m m m
projects:approve-clean            GET    L m m m m m m m m m m m m
projects:approve-clean            POST   L n f f f f f s f f n n n
projects:catalogue-import         GET    L f f f f f f s f f f f f
projects:catalogue-import         POST   L f f f f f f s f f f f f
projects:catalogue-template       GET    L f f f f f f s f f f f f
projects:catalogue-template       POST   L m m m m m m m m m m m m
projects:target-import            GET    L n f f f f f s f f n n n
projects:target-import            POST   L n f f f f f s f f n n n
projects:target-template          GET    L n f f f f f s f f n n n
projects:target-template          POST   L m m m m m m m m m m m m
projects:participant-list         GET    L n s s s s s s s s n n n
projects:participant-list         POST   L n f f f f f s f f n n n
projects:participant-new          GET    L n f f f f f s f f n n n
projects:participant-new          POST   L n f f f f f s f f n n n
projects:participant-change       GET    L n f f f f f s f f n n n
projects:participant-change       POST   L n f f f f f s f f n n n
projects:participant-remove       GET    L m m m m m m m m m m m m
projects:participant-remove       POST   L n f f f f f s f f n n n
projects:readiness                GET    L n f f f f f s f f n n n
projects:readiness                POST   L n f f f f f s f f n n n
projects:lineage                  GET    L n s s s s s s s s n n n
projects:lineage                  POST   L n f f f f f s f f n n n
projects:programme-remove         GET    L n f f f f f s f f n n n
projects:programme-remove         POST   L n f f f f f s f f n n n
projects:rollover                 GET    L n f f f f f s f f n n n
projects:rollover                 POST   L n f f f f f s f f n n n
projects:programme-detail         GET    L n s s s s s s s s n n n
projects:programme-detail         POST   L m m m m m m m m m m m m
projects:programme-new            GET    L f f f f f f s f f f f f
projects:programme-new            POST   L f f f f f f s f f f f f
projects:catalogue-facts          GET    L n f f f f f s f f n n n
projects:catalogue-facts          POST   L n f f f f f s f f n n n
projects:catalogue-order          GET    L n f f f f f s f f n n n
projects:catalogue-order          POST   L n f f f f f s f f n n n
projects:catalogue-item-new       GET    L n f f f f f s f f n n n
projects:catalogue-item-new       POST   L n f f f f f s f f n n n
projects:catalogue-item           GET    L n f f f f f s f f n n n
projects:catalogue-item           POST   L n f f f f f s f f n n n
projects:catalogue-item-remove    GET    L m m m m m m m m m m m m
projects:catalogue-item-remove    POST   L n f f f f f s f f n n n
projects:catalogue-assignments    GET    L n f f f f f s f f n n n
projects:catalogue-assignments    POST   L n f f f f f s f f n n n
projects:catalogue-duties         GET    L n f f f f f s f f n n n
projects:catalogue-duties         POST   L n f f f f f s f f n n n
projects:catalogue-offices        GET    L n f f f f f s f f n n n
projects:catalogue-offices        POST   L n f f f f f s f f n n n
projects:milestone-list           GET    L n s s s s s s s s n n n
projects:milestone-list           POST   L m m m m m m m m m m m m
projects:milestone-new            GET    L n f f f f f s f f n n n
projects:milestone-new            POST   L n f f f f f s f f n n n
projects:milestone-change         GET    L n f f f f f s f f n n n
projects:milestone-change         POST   L n f f f f f s f f n n n
projects:milestone-remove         GET    L m m m m m m m m m m m m
projects:milestone-remove         POST   L n f f f f f s f f n n n
projects:dated-task-new           GET    L n f f f f f s f f n n n
projects:dated-task-new           POST   L n f f f f f s f f n n n
projects:dated-task-change        GET    L n f f f f f s f f n n n
projects:dated-task-change        POST   L n f f f f f s f f n n n
projects:dated-task-remove        GET    L m m m m m m m m m m m m
projects:dated-task-remove        POST   L n f f f f f s f f n n n
projects:dated-task-done          GET    L n s s n f s s f f n n n
projects:dated-task-done          POST   L n s s n f s s f f n n n
projects:dated-task-undo          GET    L n f f n f f s f f n n n
projects:dated-task-undo          POST   L n f f n f f s f f n n n
projects:cross-rule-detail        GET    L n s s s s s s s s n n n
projects:cross-rule-detail        POST   L n f f f f f s f f n n n
projects:cross-rule-dry-run       GET    L n f f f f f s f f n n n
projects:cross-rule-dry-run       POST   L m m m m m m m m m m m m
projects:cross-rule-list          GET    L n s s s s s s s s n n n
projects:cross-rule-list          POST   L m m m m m m m m m m m m
projects:cross-rule-new           GET    L n f f f f f s f f n n n
projects:cross-rule-new           POST   L n f f f f f s f f n n n
projects:cross-rule-switch        GET    L m m m m m m m m m m m m
projects:cross-rule-switch        POST   L n f f f f f s f f n n n
projects:discipline               GET    L n s s s s s s s s n n n
projects:discipline               POST   L m m m m m m m m m m m m
projects:evidence-add             GET    L m m m m m m m m m m m m
projects:evidence-add             POST   L n s s n s n s f f n n n
projects:evidence-download        GET    L n s s n s n s s s n n n
projects:evidence-download        POST   L m m m m m m m m m m m m
projects:evidence-remove          GET    L m m m m m m m m m m m m
projects:evidence-remove          POST   L n s s n s n s f f n n n
projects:answer-return            GET    L m m m m m m m m m m m m
projects:answer-return            POST   L n s s n s n s f f n n n
projects:bureau-sign              GET    L m m m m m m m m m m m m
projects:bureau-sign              POST   L n f f n s n f f f n n n
projects:bureau-withdraw          GET    L m m m m m m m m m m m m
projects:bureau-withdraw          POST   L n f f n s n f f f n n n
projects:lead-confirm             GET    L m m m m m m m m m m m m
projects:lead-confirm             POST   L n n n f n s f f f n n n n
projects:lead-object              GET    L m m m m m m m m m m m m
projects:lead-object              POST   L n n n f n s f f f n n n n
projects:objection-settle         GET    L m m m m m m m m m m m m
projects:objection-settle         POST   L n n n f n f s f f n n n n
projects:objection-withdraw       GET    L m m m m m m m m m m m m
projects:objection-withdraw       POST   L n n n f n s f f f n n n n
projects:period-opinions          GET    L n f f f f s s s s n n n
projects:period-opinions          POST   L n f f f f s f f f n n n
projects:period-outage            GET    L n f f f f f s f f n n n
projects:period-outage            POST   L n f f f f f s f f n n n
projects:period-remind            GET    L m m m m m m m m m m m m
projects:period-remind            POST   L n f f f f f s f f n n n
projects:month-export             GET    L n n n n n s s s s n n n
projects:month-export             POST   L m m m m m m m m m m m m
projects:period-new               GET    L n f f f f f s f f n n n
projects:period-new               POST   L n f f f f f s f f n n n
projects:schedule                 GET    L n f f f f f s f f n n n
projects:schedule                 POST   L n f f f f f s f f n n n
projects:calendar                 GET    L n s s s s s s s s n n n
projects:calendar                 POST   L n f f f f f s f f n n n
projects:calendar-day-remove      GET    L m m m m m m m m m m m m
projects:calendar-day-remove      POST   L n f f f f f s f f n n n
projects:period-detail            GET    L n s s s s s s s s n n n
projects:period-detail            POST   L m m m m m m m m m m m m
projects:period-reopen            GET    L n f f f f f s f f n n n
projects:period-reopen            POST   L n f f f f f s f f n n n
projects:programme-list           GET    L s s s s s s s s s s s s
projects:programme-list           POST   L m m m m m m m m m m m m
projects:project-matrix           GET    L n n n n n s s s s n n n
projects:project-matrix           POST   L n n n n n f s f f n n n
projects:project-matrix-cells     GET    m m m m m m m m m m m m m
projects:project-matrix-cells     POST   L n n n n n f s f f n n n
projects:project-matrix-export    GET    L n n n n n s s s s n n n
projects:project-matrix-export    POST   L m m m m m m m m m m m m
projects:report-approve           GET    L m m m m m m m m m m m m
projects:report-approve           POST   L n f f n f n s f f n n n
projects:report-carry             GET    m m m m m m m m m m m m m
projects:report-carry             POST   L n s s n s n s f f n n n
projects:report-cell              GET    L n s s n s n s s s n n n
projects:report-cell              POST   L m m m m m m m m m m m m
projects:report-cells             GET    m m m m m m m m m m m m m
projects:report-cells             POST   L n s s n s n s f f n n n
projects:report-detail            GET    L n s s n s n s s s n n n
projects:report-detail            POST   L n s s n s n s f f n n n
projects:report-export            GET    L n s s n s n s s s n n n
projects:report-export            POST   L m m m m m m m m m m m m
projects:report-foot              GET    L n s s n s n s s s n n n
projects:import-detail            GET    L n s s n n n s s s n n n
projects:import-detail            POST   L n s s n n n s f f n n n
projects:import-marked            GET    L n s s n n n s s s n n n
projects:import-marked            POST   L m m m m m m m m m m m m
projects:import-original          GET    L n s s n n n s s s n n n
projects:import-original          POST   L m m m m m m m m m m m m
projects:period-import            GET    L n f f f f f s f f n n n
projects:period-import            POST   L n f f f f f s f f n n n
projects:report-import            GET    L n s s n f n s f f n n n
projects:report-import            POST   L n s s n f n s f f n n n
projects:report-return            GET    L m m m m m m m m m m m m
projects:report-return            POST   L n f f n f n s f f n n n
projects:report-review            GET    L n f f n f n s s s n n n
projects:report-review            POST   L m m m m m m m m m m m m
projects:report-review-approve    GET    L m m m m m m m m m m m m
projects:report-review-approve    POST   L n f f n f n s f f n n n
projects:report-review-pass       GET    L m m m m m m m m m m m m
projects:report-review-pass       POST   L n f f n f n s f f n n n
projects:report-review-return     GET    L m m m m m m m m m m m m
projects:report-review-return     POST   L n f f n f n s f f n n n
projects:report-sign              GET    L m m m m m m m m m m m m
projects:report-sign              POST   L n f s n f n f f f n n n
projects:report-start             GET    L m m m m m m m m m m m m
projects:report-start             POST   L n n n n n n n n n n n n
projects:report-submit            GET    L m m m m m m m m m m m m
projects:report-submit            POST   L n s s n f n f f f n n n
projects:report-template          GET    L n s s n s n s s s n n n
projects:report-template          POST   L m m m m m m m m m m m m
projects:report-withdraw          GET    L m m m m m m m m m m m m
projects:report-withdraw          POST   L n s s n f n f f f n n n
projects:review-latest            GET    L f f f f f f s s s f f f
projects:review-latest            POST   L m m m m m m m m m m m m
projects:review-matrix            GET    L n f f f f f s s s n n n
projects:review-matrix            POST   L m m m m m m m m m m m m
supervision:agreement             GET    L n s s n s n s s s n n n
supervision:agreement             POST   L m m m m m m m m m m m m
supervision:agreement-download    GET    L n s s n s n s s s n n n
supervision:agreement-download    POST   L m m m m m m m m m m m m
supervision:agreement-list        GET    L n s s s s s s s s n n n
supervision:agreement-list        POST   L m m m m m m m m m m m m
supervision:benchmarks            GET    L n f f f f f s f f n n n
supervision:benchmarks            POST   L n f f f f f s f f n n n
supervision:benchmark-import      GET    L n f f f f f s f f n n n
supervision:benchmark-import      POST   L n f f f f f s f f n n n
supervision:benchmark-template    GET    L n f f f f f s f f n n n
supervision:benchmark-template    POST   L m m m m m m m m m m m m
supervision:bulletin-edit         GET    L n n n n n n s n n n n n
supervision:bulletin-edit         POST   L n n n n n n s n n n n n
supervision:disclosure-new        GET    L n n n n n n s n n n n n
supervision:disclosure-new        POST   L n n n n n n s n n n n n
supervision:disclosure-preview    GET    L n n n n n n s n n n n n
supervision:disclosure-preview    POST   L m m m m m m m m m m m m
supervision:disclosure-list       GET    L s s s s s s s s s s s s
supervision:disclosure-list       POST   L m m m m m m m m m m m m
supervision:disclosure-detail     GET    L n s s s s s s s s n n n
supervision:disclosure-detail     POST   L m m m m m m m m m m m m
supervision:disclosure-page       GET    L n s s s s s s s s n n n
supervision:disclosure-page       POST   L m m m m m m m m m m m m
supervision:disclosure-download   GET    L n f f f f f s f f n n n
supervision:disclosure-download   POST   L m m m m m m m m m m m m
supervision:disclosure-make       GET    L m m m m m m m m m m m m
supervision:disclosure-make       POST   L n f f f f f s f f n n n
supervision:disclosure-withdraw   GET    L m m m m m m m m m m m m
supervision:disclosure-withdraw   POST   L n f f f f f s f f n n n
supervision:objection-new         GET    L n f f f f f s f f n n n
supervision:objection-new         POST   L n f f f f f s f f n n n
supervision:objection-detail      GET    L n s s n n s s s s n n n
supervision:objection-detail      POST   L n f f n n f s f f n n n
supervision:weekly                GET    L n s s s s s s s s n n n
supervision:weekly                POST   L m m m m m m m m m m m m
supervision:weekly-latest         GET    L n s s s s s s s s n n n
supervision:weekly-latest         POST   L m m m m m m m m m m m m
supervision:document-detail       GET    L n n n n n n s n n n n n
supervision:document-detail       POST   L m m m m m m m m m m m m
supervision:document-download     GET    L n n n n n n s n n n n n
supervision:document-download     POST   L m m m m m m m m m m m m
supervision:document-issue        GET    L m m m m m m m m m m m m
supervision:document-issue        POST   L n n n n n n s n n n n n
supervision:document-list         GET    L s s s s s s s s s s s s
supervision:document-list         POST   L m m m m m m m m m m m m
supervision:document-render       GET    L m m m m m m m m m m m m
supervision:document-render       POST   L n n n n n n s n n n n n
supervision:document-review       GET    L m m m m m m m m m m m m
supervision:document-review       POST   L n n n n n n s n n n n n
supervision:document-return       GET    L m m m m m m m m m m m m
supervision:document-return       POST   L n n n n n n s n n n n n
supervision:document-void         GET    L m m m m m m m m m m m m
supervision:document-void         POST   L n n n n n n s n n n n n
supervision:document-redraft      GET    L m m m m m m m m m m m m
supervision:document-redraft      POST   L n n n n n n s n n n n n
supervision:receipt-list          GET    L n n n n n n s n n n n n
supervision:receipt-list          POST   L m m m m m m m m m m m m
supervision:receipt-send          GET    L m m m m m m m m m m m m
supervision:receipt-send          POST   L n n n n n n s n n n n n
supervision:receipt-deliver       GET    L m m m m m m m m m m m m
supervision:receipt-deliver       POST   L n n n n n n s n n n n n
supervision:receipt-remind        GET    L m m m m m m m m m m m m
supervision:receipt-remind        POST   L n n n n n n s n n n n n
supervision:receipt-sign          GET    L m m m m m m m m m m m m
supervision:receipt-sign          POST   L n f f f f s f f f n n n
supervision:receipt-take-back     GET    L m m m m m m m m m m m m
supervision:receipt-take-back     POST   L n f f f f f s f f n n n
supervision:series-list           GET    L f f f f f f s f f f f f
supervision:series-list           POST   L m m m m m m m m m m m m
supervision:series-detail         GET    L f f f f f f s f f f f f
supervision:series-detail         POST   L f f f f f f s f f f f f
supervision:external-new          GET    L f f f f f f s f f f f f
supervision:external-new          POST   L f f f f f f s f f f f f
supervision:external-correct      GET    L n f f f f f s f f n n n
supervision:external-correct      POST   L n f f f f f s f f n n n
supervision:paper-style           GET    L n n n n n n s n n n n n
supervision:paper-style           POST   L n n n n n n s n n n n n
supervision:paper-kinds           GET    L n n n n n n s n n n n n
supervision:paper-kinds           POST   L n n n n n n s n n n n n
supervision:paper-kind            GET    L n n n n n n s n n n n n
supervision:paper-kind            POST   L n n n n n n s n n n n n
supervision:paper-kind-new        GET    L n n n n n n s n n n n n
supervision:paper-kind-new        POST   L n n n n n n s n n n n n
supervision:paper-kind-switch     GET    L m m m m m m m m m m m m
supervision:paper-kind-switch     POST   L n n n n n n s n n n n n
supervision:paper-kind-restore    GET    L m m m m m m m m m m m m
supervision:paper-kind-restore    POST   L n n n n n n s n n n n n
supervision:paper-template        GET    L m m m m m m m m m m m m
supervision:paper-template        POST   L n n n n n n s n n n n n
supervision:fund-line-remove      GET    L m m m m m m m m m m m m
supervision:fund-line-remove      POST   L n f f f f f s f f n n n
supervision:fund-lines            GET    L n f f f f f s f f n n n
supervision:fund-lines            POST   L n f f f f f s f f n n n
supervision:indicator-detail      GET    L n s s s s s s s s n n n n
supervision:indicator-detail      POST   L m m m m m m m m m m m m
supervision:project               GET    L n s s s s s s s s n n n n
supervision:project               POST   L m m m m m m m m m m m m
supervision:project-export        GET    L n s s s s s s s s n n n n
supervision:project-export        POST   L m m m m m m m m m m m m
supervision:outlook               GET    L n s s s s s s s s n n n
supervision:outlook               POST   L m m m m m m m m m m m m
supervision:outlook-export        GET    L n s s s s s s s s n n n
supervision:outlook-export        POST   L m m m m m m m m m m m m
supervision:participant           GET    L n s s n s s s s s n n n
supervision:participant           POST   L m m m m m m m m m m m m
supervision:participant-export    GET    L n s s n s s s s s n n n
supervision:participant-export    POST   L m m m m m m m m m m m m
supervision:plausibility          GET    L n f f f f s s f f n n n
supervision:plausibility          POST   L m m m m m m m m m m m m
supervision:plausibility-export   GET    L n f f f f s s f f n n n
supervision:plausibility-export   POST   L m m m m m m m m m m m m
supervision:paper-new             GET    L n f f f f f s f f n n n
supervision:paper-new             POST   L n f f f f f s f f n n n
supervision:period-close          GET    L n f f f f f s f f n n n
supervision:period-close          POST   L n f f f f f s f f n n n
supervision:provincial            GET    L n s s s s s s s s n n n
supervision:provincial            POST   L m m m m m m m m m m m m
supervision:provincial-export     GET    L n s s s s s s s s n n n
supervision:provincial-export     POST   L m m m m m m m m m m m m
supervision:ranking               GET    L n s s s s s s s s n n n
supervision:ranking               POST   L m m m m m m m m m m m m
supervision:ranking-export        GET    L n s s s s s s s s n n n
supervision:ranking-export        POST   L m m m m m m m m m m m m
supervision:why                   GET    L n s s n s s s s s n n n
supervision:why                   POST   L m m m m m m m m m m m m
supervision:why-benchmark         GET    L n s s s s s s s s n n n n
supervision:why-benchmark         POST   L m m m m m m m m m m m m
supervision:why-fund              GET    L n s s n n n s s s n n n
supervision:why-fund              POST   L m m m m m m m m m m m m
supervision:why-fund-line         GET    L n s s n s s s s s n n n
supervision:why-fund-line         POST   L m m m m m m m m m m m m
supervision:why-overall           GET    L n s s n n n s s s n n n
supervision:why-overall           POST   L m m m m m m m m m m m m
supervision:why-project           GET    L n s s n s s s s s n n n
supervision:why-project           POST   L m m m m m m m m m m m m
supervision:ranking-latest        GET    L n s s s s s s s s n n n
supervision:ranking-latest        POST   L m m m m m m m m m m m m
supervision:marks                 GET    L n f f f f f s f f n n n
supervision:marks                 POST   L n f f f f f s f f n n n
supervision:scheme                GET    L n s s s s s s s s n n n
supervision:scheme                POST   L m m m m m m m m m m m m
supervision:scheme-new            GET    L n f f f f f s f f n n n
supervision:scheme-new            POST   L n f f f f f s f f n n n
supervision:check-list            GET    L n s s n n n s s s n n n
supervision:check-list            POST   L m m m m m m m m m m m m
supervision:check-detail          GET    L n s s n n n s s s n n n
supervision:check-detail          POST   L m m m m m m m m m m m m
supervision:check-agree           GET    L m m m m m m m m m m m m
supervision:check-agree           POST   L n s s n n n f f f n n n
supervision:check-object          GET    L m m m m m m m m m m m m
supervision:check-object          POST   L n s s n n n f f f n n n
supervision:check-withdraw        GET    L m m m m m m m m m m m m
supervision:check-withdraw        POST   L n s s n n n f f f n n n
supervision:check-settle          GET    L m m m m m m m m m m m m
supervision:check-settle          POST   L n f f n n n s f f n n n
supervision:close-finish          GET    L m m m m m m m m m m m m
supervision:close-finish          POST   L n f f f f f s f f n n n
supervision:letter-change         GET    L n f f n n f s f f n n n n
supervision:letter-change         POST   L n f f n n f s f f n n n n
supervision:letter-close          GET    L m m m m m m m m m m m m m
supervision:letter-close          POST   L n f f n n f s f f n n n n
supervision:letter-detail         GET    L n s s n n s s s s n n n n
supervision:letter-detail         POST   L m m m m m m m m m m m m m
supervision:letter-export         GET    L s s s s s s s s s s s s s
supervision:letter-export         POST   L m m m m m m m m m m m m m
supervision:letter-judge          GET    L m m m m m m m m m m m m m
supervision:letter-judge          POST   L n f f n n f s f f n n n n
supervision:letter-list           GET    L s s s s s s s s s s s s s
supervision:letter-list           POST   L m m m m m m m m m m m m m
supervision:letter-new            GET    L n f f f f f s f f n n n f
supervision:letter-new            POST   L n f f f f f s f f n n n f
supervision:letter-recheck        GET    L m m m m m m m m m m m m m
supervision:letter-recheck        POST   L n f f n n f s f s n n n n
supervision:letter-reply          GET    L m m m m m m m m m m m m m
supervision:letter-reply          POST   L n s s n n s f f f n n n n
supervision:oversight             GET    L s s s s s s s s s s s s s
supervision:oversight             POST   L m m m m m m m m m m m m m
supervision:oversight-firing      GET    L n n n n n n s f f n n n n
supervision:oversight-firing      POST   L n n n n n n s f f n n n n
supervision:oversight-firing-letter GET  L m m m m m m m m m m m m m
supervision:oversight-firing-letter POST L n n n n n n s f f n n n n
supervision:oversight-period      GET    L n f f f f f s s s n n n f
supervision:oversight-period      POST   L m m m m m m m m m m m m m
supervision:oversight-preset      GET    L m m m m m m m m m m m m m
supervision:oversight-preset      POST   L n f f f f f s f f n n n f
supervision:oversight-rule-change GET    L n f f f f f s f f n n n f
supervision:oversight-rule-change POST   L n f f f f f s f f n n n f
supervision:oversight-rule-new    GET    L n f f f f f s f f n n n f
supervision:oversight-rule-new    POST   L n f f f f f s f f n n n f
supervision:oversight-rule-switch GET    L m m m m m m m m m m m m m
supervision:oversight-rule-switch POST   L n f f f f f s f f n n n f
supervision:oversight-rules       GET    L n s s s s s s s s n n n s
supervision:oversight-rules       POST   L m m m m m m m m m m m m m
supervision:oversight-setting     GET    L m m m m m m m m m m m m m
supervision:oversight-setting     POST   L n f f f f f s f f n n n f
supervision:rectification-list    GET    L n s s s s s s s s n n n s
supervision:rectification-list    POST   L m m m m m m m m m m m m m
supervision:rectification-export  GET    L n s s s s s s s s n n n s
supervision:rectification-export  POST   L m m m m m m m m m m m m m
supervision:rectification-new     GET    L n f f f f f s f f n n n f
supervision:rectification-new     POST   L n f f f f f s f f n n n f
supervision:rectification-detail  GET    L n s s n n s s s s n n n n
supervision:rectification-detail  POST   L n s s n n s s s s n n n n
supervision:rectification-change  GET    L n n n n n n s f f n n n n
supervision:rectification-change  POST   L n n n n n n s f f n n n n
supervision:rectification-again   GET    L n f f n n f s f f n n n n
supervision:rectification-again   POST   L n f f n n f s f f n n n n
supervision:kept-file             GET    L n s s n n s s s s n n n n
supervision:kept-file             POST   L m m m m m m m m m m m m m
supervision:kept-preview          GET    L n s s n n s s s s n n n n
supervision:kept-preview          POST   L m m m m m m m m m m m m m
supervision:inspection-list       GET    L n s s s s s s s s n n n s
supervision:inspection-list       POST   L m m m m m m m m m m m m m
supervision:inspection-new        GET    L n f f f f f s f s n n n s
supervision:inspection-new        POST   L n f f f f f s f s n n n s
supervision:inspection-folder     GET    L n f f f f f s f s n n n s
supervision:inspection-folder     POST   L n f f f f f s f s n n n s
supervision:inspection-detail     GET    L n n n n n n s s s n n n n
supervision:inspection-detail     POST   L n n n n n n s f f n n n n
supervision:inspection-edit       GET    L n n n n n n s n n n n n n
supervision:inspection-edit       POST   L n n n n n n s n n n n n n
supervision:inspection-photo-remove GET  L m m m m m m m m m m m m m
supervision:inspection-photo-remove POST L n n n n n n s n n n n n n
supervision:interview-list        GET    L n s s s s s s s s n n n s
supervision:interview-list        POST   L m m m m m m m m m m m m m
supervision:interview-new         GET    L n f f f f f s f f n n n f
supervision:interview-new         POST   L n f f f f f s f f n n n f
supervision:interview-detail      GET    L n s s n n n s s s n n n n
supervision:interview-detail      POST   L m m m m m m m m m m m m m
supervision:snapshot-refresh      GET    L m m m m m m m m m m m m
supervision:snapshot-refresh      POST   L n f f f f f s f f n n n
supervision:target-detail         GET    L n f f f f f s s s n n n
supervision:target-detail         POST   L m m m m m m m m m m m m
supervision:target-list           GET    L n f f f f f s s s n n n
supervision:target-list           POST   L m m m m m m m m m m m m
supervision:target-matrix         GET    L n f f f f f s s s n n n
supervision:target-matrix         POST   L n f f f f f s f f n n n
"""

WITHOUT_ARGUMENTS = {
    "livelihood:home",
    "livelihood:login",
    "livelihood:logout",
    "livelihood:password-change",
    "livelihood:healthz",
    "livelihood:readyz",
    "livelihood:status",
    "livelihood:styleguide",
    "funding:latest",
    "projects:catalogue-import",
    "projects:catalogue-template",
    "projects:programme-list",
    "projects:programme-new",
    "projects:review-latest",
    "supervision:disclosure-list",
    "supervision:document-list",
    "supervision:external-new",
    "supervision:letter-export",
    "supervision:letter-list",
    "supervision:oversight",
    "supervision:series-list",
    "supervision:ranking-latest",
    "supervision:rectification-list",
    "supervision:rectification-export",
    "supervision:rectification-new",
    "supervision:inspection-list",
    "supervision:inspection-new",
    "supervision:inspection-folder",
    "supervision:interview-list",
    "supervision:interview-new",
    "supervision:weekly-latest",
}


def rows() -> dict[tuple[str, str], str]:
    """Return (url name, method) → the row's letters."""
    found = {}
    for line in TABLE.strip().splitlines():
        name, method, letters = line.split(None, 2)
        letters = letters.replace(" ", "")
        others = len(ROLES) - 1
        found[name, method] = letters if len(letters) > others else letters + letters[ROLES.index("other_clerk")]
    return found


def all_names(patterns=None, prefix="") -> set[str]:
    """Return every URL name of the site but the admin's own."""
    names = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            names.add(prefix + str(pattern.name))
        elif pattern.namespace != "admin":
            names |= all_names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix)
    return names


@world
def addresses(db, indicators, participants, programme, period, july, lead_agency, city_officer):
    """The objects the addresses are about: 太和县's open August report, issued and drafted papers."""
    report = factories.ReportFactory(
        period=period, participant=participants["341222"], state="draft", content_sha256=""
    )
    factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=city_officer)
    snapshot = freeze_snapshot(period=period, by=city_officer)
    draft = draft_bulletin(snapshot=snapshot, by=city_officer)
    check = Check.objects.create(
        snapshot=snapshot, participant=participants["341222"], due_on="2020-09-09", opened_by=city_officer
    )
    raised = check.objections.create(
        key="place-1", topic="place", label="综合得分", reason="位次不对", raised_by=city_officer
    )
    elsewhere = enter_external(
        agency=draft.series.agency, word="民生办", number=1, title="通知", issued_on=july.ends_on, by=city_officer
    )
    (receipt,) = send_document(document=elsewhere, agencies=[lead_agency], by=city_officer)
    firing = letter_rows.rule_firing(snapshot, participants["341222"])
    urged = letter_rows.supervision_letter(
        letter_rows.letter_paper(snapshot, draft.series, by=city_officer),
        participant=participants["341222"],
        agency=lead_agency,
        indicator=indicators["里程"],
    )
    letter_rows.letter_reply(urged)
    job = Job.objects.create(kind="close_month", key=f"{programme.code}:2020-08:1", queued_by=city_officer)
    shown = disclosure_rows.disclosure(document=draft)
    disclosure_rows.disclosure_file(shown)
    public_objection = disclosure_rows.disclosure_objection(
        shown, participant=participants["341222"], project=indicators["里程"].sub_project.project
    )
    of_period = {"code": programme.code, "period": "2020-08"}
    rule = CrossRule.objects.create(programme=programme, name="里程等于人数", changed_by=city_officer)
    of_rule = {"code": programme.code, "pk": rule.pk}
    of_cell = {"pk": report.pk, "key": (participants["341222"].pk, indicators["里程"].pk)}
    photo = Evidence.objects.create(
        report=report,
        participant=participants["341222"],
        indicator=indicators["里程"],
        kind="photo",
        file=ContentFile(b"-", name="x.jpg"),
        file_name="现场.jpg",
        size=1,
        sha256=factories.HASH,
        added_by=city_officer,
    )
    other = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    objection = LeadObjection.objects.create(
        report=other,
        participant=participants["341282"],
        indicator=indicators["里程"],
        agency=lead_agency,
        reason="与台账不一致",
        raised_by=city_officer,
    )
    fund_line = rows_of_funds.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )
    rows_of_funds.fund_plan(fund_line)
    exclusion = FundExclusion.objects.create(programme=programme, phrase="不含", set_by=fund_line.added_by)
    cost_share = CostShare.objects.create(
        sub_project=fund_line.sub_project, basis="amount", amount=1, set_by=fund_line.added_by
    )
    # Not the office's: that is the office's alone to finish.
    upload = ImportUpload.objects.create(
        programme=programme,
        period=period,
        participant=participants["341222"],
        state="read",
        uploaded_by=fund_line.added_by,
    )
    file = ImportFile.objects.create(upload=upload, sha256=factories.HASH, file_name="太和县.xlsx", size=1, order=0)
    path = stored_path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"-")
    of_programme = {"code": programme.code}
    milestone = factories.MilestoneFactory(indicator=indicators["里程"], due_on="2020-12-31")
    day = CalendarDay.objects.create(
        region=programme.owner, date="2020-10-09", kind="holiday", name="本地放假", set_by=city_officer
    )
    task = factories.DatedTaskFactory(
        sub_project=indicators["里程"].sub_project, participant=participants["341222"], text="方案备案"
    )
    mended = rectifications.addresses_of(indicators["里程"].sub_project.project, participants["341222"], city_officer)
    arguments = mended | {
        "funding:cost-share-change": {"code": programme.code, "pk": cost_share.pk},
        "funding:cost-share-new": of_programme,
        "funding:cost-shares": of_programme,
        "funding:exclusion": {"code": programme.code, "pk": exclusion.pk},
        "funding:exclusions": of_programme,
        "funding:held": of_programme,
        "funding:overview": of_programme,
        "funding:overview-export": of_programme,
        "funding:plan-copy": of_programme,
        "funding:plan-detail": {"code": programme.code, "pk": fund_line.pk},
        "funding:plan-list": of_programme,
        "funding:plan-new": of_programme,
        "funding:plan-paste": of_programme,
        "funding:plan-import": of_programme,
        "funding:plan-template": of_programme,
        "projects:target-import": of_programme,
        "projects:target-template": of_programme,
        "funding:printed-sums": of_programme,
        "funding:project": {"code": programme.code, "seq": fund_line.sub_project.project.seq},
        "projects:answer-return": {"pk": report.pk},
        "projects:bureau-sign": {"pk": report.pk},
        "projects:bureau-withdraw": {"pk": report.pk},
        "projects:import-detail": {"pk": upload.pk},
        "projects:import-marked": {"pk": upload.pk, "file": file.pk},
        "projects:import-original": {"pk": upload.pk, "file": file.pk},
        "projects:lead-confirm": {"pk": other.pk},
        "projects:lead-object": {"pk": other.pk},
        "projects:objection-settle": {"pk": objection.pk},
        "projects:objection-withdraw": {"pk": objection.pk},
        "projects:report-cell": of_cell,
        "projects:evidence-add": of_cell,
        "projects:evidence-download": {"pk": photo.pk},
        "projects:evidence-remove": {"pk": photo.pk},
        "projects:discipline": {"code": programme.code},
        "projects:project-matrix": of_period | {"seq": 1},
        "projects:project-matrix-cells": of_period | {"seq": 1},
        "projects:project-matrix-export": of_period | {"seq": 1},
        "projects:participant-list": of_programme,
        "projects:participant-new": of_programme,
        "projects:participant-change": {"code": programme.code, "pk": participants["341222"].pk},
        "projects:participant-remove": {"code": programme.code, "pk": participants["341222"].pk},
        "projects:readiness": of_programme,
        "projects:lineage": of_programme,
        "projects:programme-remove": of_programme,
        "projects:rollover": of_programme,
        "projects:catalogue-assignments": {"code": programme.code, "pk": indicators["里程"].sub_project.project_id},
        "projects:catalogue-offices": {"code": programme.code, "pk": indicators["里程"].sub_project.project_id},
        "projects:catalogue-duties": {"code": programme.code, "pk": indicators["里程"].sub_project_id},
        "projects:catalogue-facts": of_programme,
        "projects:catalogue-item": {"code": programme.code, "kind": "indicator", "pk": indicators["里程"].pk},
        "projects:catalogue-item-new": {"code": programme.code, "kind": "project"},
        "projects:catalogue-item-remove": {"code": programme.code, "kind": "indicator", "pk": indicators["里程"].pk},
        "projects:catalogue-order": of_programme,
        "projects:programme-detail": of_programme,
        "projects:milestone-list": of_programme,
        "projects:milestone-new": of_programme,
        "projects:milestone-change": {"code": programme.code, "pk": milestone.pk},
        "projects:period-new": of_programme,
        "projects:schedule": of_programme,
        "projects:calendar": of_programme,
        "projects:calendar-day-remove": {"code": programme.code, "pk": day.pk},
        "projects:milestone-remove": {"code": programme.code, "pk": milestone.pk},
        "projects:dated-task-new": of_programme,
        "projects:dated-task-change": {"code": programme.code, "pk": task.pk},
        "projects:dated-task-remove": {"code": programme.code, "pk": task.pk},
        "projects:dated-task-done": {"code": programme.code, "pk": task.pk},
        "projects:dated-task-undo": {"code": programme.code, "pk": task.pk},
        "projects:cross-rule-list": {"code": programme.code},
        "projects:cross-rule-new": {"code": programme.code},
        "projects:cross-rule-detail": of_rule,
        "projects:cross-rule-dry-run": of_rule,
        "projects:cross-rule-switch": of_rule,
        "livelihood:job-detail": {"pk": job.pk},
        "supervision:check-detail": {"pk": check.pk},
        "supervision:check-agree": {"pk": check.pk},
        "supervision:check-object": {"pk": check.pk},
        "supervision:check-withdraw": {"pk": raised.pk},
        "supervision:check-settle": {"pk": raised.pk},
        "supervision:series-detail": {"pk": elsewhere.series_id},
        "supervision:external-correct": {"pk": elsewhere.pk},
        "supervision:paper-style": {"pk": elsewhere.series.agency_id},
        "supervision:paper-template": {"pk": elsewhere.series.agency_id},
        "supervision:paper-kinds": {"pk": elsewhere.series.agency_id},
        "supervision:paper-kind-new": {"pk": elsewhere.series.agency_id},
        "supervision:paper-kind": {"pk": elsewhere.series.agency_id, "code": "progress"},
        "supervision:paper-kind-switch": {"pk": elsewhere.series.agency_id, "code": "single"},
        "supervision:paper-kind-restore": {"pk": elsewhere.series.agency_id, "code": "single"},
        "supervision:receipt-sign": {"pk": receipt.pk},
        "supervision:receipt-take-back": {"pk": receipt.pk},
        "supervision:disclosure-new": {"pk": draft.pk},
        "supervision:disclosure-preview": {"pk": draft.pk, "token": "forged", "name": "index.html"},
        "supervision:disclosure-detail": {"pk": shown.pk},
        "supervision:disclosure-page": {"pk": shown.pk, "name": "style.css"},
        "supervision:disclosure-download": {"pk": shown.pk, "edition": "open"},
        "supervision:disclosure-make": {"pk": shown.pk},
        "supervision:disclosure-withdraw": {"pk": shown.pk},
        "supervision:objection-new": {"pk": shown.pk},
        "supervision:objection-detail": {"pk": public_objection.pk},
        "supervision:weekly": of_programme,
        "supervision:agreement": {"code": programme.code, "unit": "341222"},
        "supervision:agreement-download": {"code": programme.code, "unit": "341222"},
        "supervision:agreement-list": of_programme,
        "supervision:target-detail": {"code": programme.code, "key": of_cell["key"]},
        "supervision:scheme": of_programme,
        "supervision:scheme-new": of_programme,
        "supervision:target-list": of_programme,
        "supervision:target-matrix": {"code": programme.code, "seq": 1},
        "supervision:fund-line-remove": {"code": programme.code, "pk": fund_set_line(programme=programme).pk},
        "supervision:fund-lines": of_programme,
        "supervision:indicator-detail": of_period | {"pk": indicators["里程"].pk},
        "supervision:participant": of_period | {"unit": "341222"},
        "supervision:participant-export": of_period | {"unit": "341222"},
        "supervision:why": of_period | {"unit": "341222", "pk": indicators["里程"].pk},
        "supervision:why-benchmark": of_period | {"pk": indicators["里程"].pk},
        "supervision:why-fund": of_period | {"unit": "341222", "rate": "project-disbursed"},
        "supervision:why-fund-line": of_period | {"unit": "341222", "pk": fund_line.pk},
        "supervision:why-overall": of_period | {"unit": "341222"},
        "supervision:why-project": of_period | {"unit": "341222", "seq": 1},
        "supervision:project": of_period | {"seq": 1},
        "supervision:project-export": of_period | {"seq": 1},
    }
    arguments |= {
        "supervision:letter-judge": {"pk": urged.pk, "nth": 1},
        "supervision:oversight-firing": {"pk": firing.pk},
        "supervision:oversight-firing-letter": {"pk": firing.pk},
        "supervision:oversight-rule-change": {"code": programme.code, "pk": firing.rule_id},
        "supervision:oversight-rule-switch": {"code": programme.code, "pk": firing.rule_id},
        **{f"supervision:oversight-{name}": of_programme for name in ("rules", "rule-new", "preset", "setting")},
        **{
            f"supervision:letter-{name}": {"pk": urged.pk} for name in ("detail", "change", "reply", "recheck", "close")
        },
    }
    found = {}
    for name in all_names():
        if name == "supervision:letter-new":
            found[name] = f"{reverse(name)}?programme={programme.code}&period=2020-08"
        elif name in arguments:
            found[name] = reverse(name, kwargs=arguments[name])
        elif name.startswith("projects:report-") and name != "projects:report-start":
            found[name] = reverse(name, kwargs={"pk": report.pk})
        elif (
            name.startswith(("supervision:document-", "supervision:receipt-", "supervision:bulletin-"))
            and name != "supervision:document-list"
        ):
            found[name] = reverse(name, kwargs={"pk": draft.pk})
        elif name in WITHOUT_ARGUMENTS:
            found[name] = reverse(name)
        else:
            found[name] = reverse(name, kwargs=of_period)
    return found


@world
def people(
    stranger,
    clerk,
    head,
    other_clerk,
    filler,
    lead_officer,
    city_officer,
    leader,
    inspector,
    system_admin,
    security_admin,
    auditor,
    supervisor,
):
    """The cast by role name."""
    return locals()


def letter(response) -> str:
    """Return the table's letter for a response."""
    if response.status_code == 302 and response["Location"].startswith(reverse("livelihood:login")):
        return "L"
    if response.status_code < 400:
        return "s"
    return {401: "L", 403: "f", 404: "n", 405: "m", 422: "s", 503: "s"}.get(
        response.status_code, str(response.status_code)
    )


class Visitors:
    """The people of ROLES in one client, each logged in once: logging in takes longer than asking."""

    def __init__(self, people):
        self.client = Client(raise_request_exception=False)
        self.sessions = {}
        for role, person in people.items():
            self.client.cookies = SimpleCookie()
            self.client.force_login(person)
            self.sessions[role] = {settings.SESSION_COOKIE_NAME: self.client.session.session_key}

    def letters(self, method, address, asked) -> str:
        """Return what each role gets at `address`, "." for one not asked, in the order of ROLES; nothing stays."""
        found = []
        with transaction.atomic():
            for nth, role in enumerate(ROLES):
                self.client.cookies = SimpleCookie(self.sessions.get(role))
                found.append(letter(self.client.generic(method, address)) if nth in asked else ".")
            transaction.set_rollback(True)
        return "".join(found)


def test_every_address_has_its_row():
    named = {name for name, _ in rows()}

    assert all_names() - named == set(), "add the new address to TABLE, method by method"
    assert named - all_names() == set(), "this address is gone"


#: Some rows to a test: what the addresses are about is made once for all of them.
PARTS = 4


def asked_of(letters, turn) -> set[int]:
    """Everybody who is to be kept out; of those whom the address lets in or tells "not that way", one, in turn."""
    asked = {nth for nth, one in enumerate(letters) if one not in "sm"}
    for one in "sm":
        if places := [nth for nth, other in enumerate(letters) if other == one]:
            asked.add(places[turn % len(places)])
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_addresses_keep_out_whom_they_should(part, addresses, people):
    found, expected = {}, {}
    visitors = Visitors(people)

    for turn, (row, letters) in enumerate(sorted(rows().items())[part::PARTS]):
        asked = asked_of(letters, turn)
        name, method = row
        found[row] = visitors.letters(method, addresses[name], asked)
        expected[row] = "".join(one if nth in asked else "." for nth, one in enumerate(letters))

    # One letter per role, in the order of ROLES.
    assert found == expected


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_addresses_admit_whom_they_should(part, addresses, people):
    expected = dict(sorted(rows().items())[part::PARTS])
    everybody = set(range(len(ROLES)))
    visitors = Visitors(people)

    found = {(name, method): visitors.letters(method, addresses[name], everybody) for name, method in expected}

    assert found == expected


#: The admin's pages: who only reads them, and who writes there as well. Everybody else is refused.
ADMIN_PAGES = {
    "livelihood_user": ({"system_admin", "security_admin"}, {"system_admin"}),
    "livelihood_region": ({"system_admin", "security_admin"}, {"system_admin"}),
    "livelihood_agency": ({"system_admin", "security_admin"}, {"system_admin"}),
    "livelihood_rolegrant": ({"security_admin"}, {"security_admin"}),
    "livelihood_auditevent": ({"auditor"}, set()),
    "projects_target": ({"city_officer"}, set()),
}


def admitted(people, address: str, method: str = "GET") -> set[str]:
    """Return the roles that get a page of the admin: neither refused nor sent to its door."""
    found = set()
    for role, person in people.items():
        client = Client()
        client.force_login(person)
        if client.generic(method, address).status_code == 200:
            found.add(role)
    return found


def test_admin_is_for_the_three_keepers_and_the_city_office_only(people):
    assert admitted(people, reverse("admin:index")) == {"system_admin", "security_admin", "auditor", "city_officer"}
    assert Client().get(reverse("admin:index"), follow=True).resolver_match.view_name == "livelihood:login"


@pytest.mark.slow
@pytest.mark.parametrize("name", ADMIN_PAGES)
def test_admin_page_is_its_keepers_alone(name, people, city):
    readers, writers = ADMIN_PAGES[name]

    assert admitted(people, reverse(f"admin:{name}_changelist")) == readers
    assert admitted(people, reverse(f"admin:{name}_add")) == writers
    assert admitted(people, reverse(f"admin:{name}_add"), "POST") == writers


@pytest.mark.django_db
def test_grant_limited_to_one_programme_is_not_taken_for_an_unlimited_one(city, programme):
    officer = factories.grant(factories.UserFactory(), "city_office", region=city)
    officer.grants.update(programme_code="zhangye-2022")

    assert not is_city_office(officer, city.pk)
    assert not type(programme).objects.visible_to(officer).exists()
