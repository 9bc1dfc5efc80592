from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Plans, fund figures and the disbursement ledger: enters through `projects.parts`."""

    name = "funding"
    verbose_name = "资金"
