"""Addresses of kept files, 整改, inspections and minutes."""

from django.urls import path

from supervision.views import files, inspections, interviews, rectification, rectification_item

urlpatterns = [
    path("files/<int:pk>/", files.kept_file, name="kept-file"),
    path("files/<int:pk>/preview/", files.kept_preview, name="kept-preview"),
    path("rectification/", rectification.rectification_list, name="rectification-list"),
    path("rectification/export/", rectification.rectification_export, name="rectification-export"),
    path("rectification/new/", rectification.rectification_new, name="rectification-new"),
    path("rectification/<int:pk>/", rectification_item.rectification_detail, name="rectification-detail"),
    path("rectification/<int:pk>/change/", rectification.rectification_change, name="rectification-change"),
    path("rectification/<int:pk>/again/", rectification.rectification_again, name="rectification-again"),
    path("inspections/", inspections.inspection_list, name="inspection-list"),
    path("inspections/new/", inspections.inspection_new, name="inspection-new"),
    path("inspections/folder/", inspections.inspection_folder, name="inspection-folder"),
    path("inspections/<int:pk>/", inspections.inspection_detail, name="inspection-detail"),
    path("inspections/<int:pk>/edit/", inspections.inspection_edit, name="inspection-edit"),
    path("inspections/photos/<int:pk>/remove/", inspections.photo_remove, name="inspection-photo-remove"),
    path("interviews/", interviews.interview_list, name="interview-list"),
    path("interviews/new/", interviews.interview_new, name="interview-new"),
    path("interviews/<int:pk>/", interviews.interview_detail, name="interview-detail"),
]
