from django.contrib.admin.apps import AdminConfig


class KeepersAdminConfig(AdminConfig):
    """Django's admin, opened by role grants instead of a flag on the account."""

    default_site = "livelihood.admin_site.KeepersAdminSite"
