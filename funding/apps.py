from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Plans, fund figures and the disbursement ledger: enters through `projects.parts`."""

    name = "funding"
    verbose_name = "资金"

    def ready(self):
        """Fill the registries: navigation."""
        from funding import sections

        sections.register()
