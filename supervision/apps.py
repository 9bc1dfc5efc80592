from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    """Standings, snapshots, documents."""

    name = "supervision"
    verbose_name = "督查通报"

    def ready(self):
        """Fill the registries: navigation, to-do and jobs."""
        from supervision import sections

        sections.register()
