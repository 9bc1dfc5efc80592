from django.apps import AppConfig


class LivelihoodConfig(AppConfig):
    """What all apps share: people, places, audit trail, jobs, registries."""

    name = "livelihood"
    verbose_name = "系统基础"

    def ready(self):
        """Fill the registries with what this app itself offers."""
        from livelihood import passwords, sections

        sections.register()
        passwords.connect()
