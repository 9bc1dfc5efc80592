"""Addresses of 公示 and of what is objected to."""

from django.urls import path

from supervision.views import disclosure

urlpatterns = [
    path("documents/<int:pk>/disclosure/", disclosure.disclosure_new, name="disclosure-new"),
    path(
        "documents/<int:pk>/disclosure/<str:token>/<str:name>", disclosure.disclosure_preview, name="disclosure-preview"
    ),
    path("disclosures/", disclosure.disclosure_list, name="disclosure-list"),
    path("disclosures/<int:pk>/", disclosure.disclosure_detail, name="disclosure-detail"),
    path("disclosures/<int:pk>/site/<str:name>", disclosure.disclosure_page, name="disclosure-page"),
    path("disclosures/<int:pk>/download/<str:edition>/", disclosure.disclosure_download, name="disclosure-download"),
    path("disclosures/<int:pk>/make/", disclosure.disclosure_make, name="disclosure-make"),
    path("disclosures/<int:pk>/withdraw/", disclosure.disclosure_withdraw, name="disclosure-withdraw"),
    path("disclosures/<int:pk>/objections/new/", disclosure.objection_new, name="objection-new"),
    path("disclosures/objections/<int:pk>/", disclosure.objection_detail, name="objection-detail"),
]
