from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Catalogue, targets, periods, reports and figures."""

    name = "projects"
    verbose_name = "项目与月报"

    def ready(self):
        """Fill the registries: navigation, to-do and the figures part of a report."""
        from projects import sections

        sections.register()
