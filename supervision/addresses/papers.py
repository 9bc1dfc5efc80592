"""Addresses of papers: archive, steps, receivers, numbers, settings."""

from django.urls import path

from supervision.views import documents, paper_kinds, paper_steps, paper_styles, receipts, series

urlpatterns = [
    path("documents/", documents.document_list, name="document-list"),
    path("documents/series/", series.series_list, name="series-list"),
    path("documents/series/<int:pk>/", series.series_detail, name="series-detail"),
    path("documents/external/new/", series.external_new, name="external-new"),
    path("documents/settings/<int:pk>/", paper_styles.paper_style, name="paper-style"),
    path("documents/settings/<int:pk>/template/", paper_styles.paper_template, name="paper-template"),
    path("documents/settings/<int:pk>/kinds/", paper_kinds.paper_kinds, name="paper-kinds"),
    path("documents/settings/<int:pk>/kinds/new/", paper_kinds.paper_kind_new, name="paper-kind-new"),
    path("documents/settings/<int:pk>/kinds/<slug:code>/", paper_kinds.paper_kind, name="paper-kind"),
    path(
        "documents/settings/<int:pk>/kinds/<slug:code>/switch/",
        paper_kinds.paper_kind_switch,
        name="paper-kind-switch",
    ),
    path(
        "documents/settings/<int:pk>/kinds/<slug:code>/restore/",
        paper_kinds.paper_kind_restore,
        name="paper-kind-restore",
    ),
    path("documents/<int:pk>/", documents.document_detail, name="document-detail"),
    path("documents/<int:pk>/review/", paper_steps.document_review, name="document-review"),
    path("documents/<int:pk>/return/", paper_steps.document_return, name="document-return"),
    path("documents/<int:pk>/issue/", paper_steps.document_issue, name="document-issue"),
    path("documents/<int:pk>/void/", paper_steps.document_void, name="document-void"),
    path("documents/<int:pk>/redraft/", paper_steps.document_redraft, name="document-redraft"),
    path("documents/<int:pk>/correct/", series.external_correct, name="external-correct"),
    path("documents/<int:pk>/download/", documents.document_download, name="document-download"),
    path("documents/<int:pk>/render/", documents.document_render, name="document-render"),
    path("documents/<int:pk>/receipts/", receipts.receipt_list, name="receipt-list"),
    path("documents/<int:pk>/receipts/send/", receipts.receipt_send, name="receipt-send"),
    path("documents/<int:pk>/receipts/deliver/", receipts.receipt_deliver, name="receipt-deliver"),
    path("documents/<int:pk>/receipts/remind/", receipts.receipt_remind, name="receipt-remind"),
    path("receipts/<int:pk>/sign/", receipts.receipt_sign, name="receipt-sign"),
    path("receipts/<int:pk>/take-back/", receipts.receipt_take_back, name="receipt-take-back"),
]
