"""Django's rules for passwords, which speak to a person as the rest of the pages do: 您, not 你."""

from django.contrib.auth import password_validation


class Polite:
    """Says what the rule beside it says, with the polite word."""

    def get_error_message(self) -> str:
        """Return why a password is refused."""
        return str(super().get_error_message()).replace("你", "您")

    def get_help_text(self) -> str:
        """Return what a password has to be."""
        return str(super().get_help_text()).replace("你", "您")


class SimilarityRule(Polite, password_validation.UserAttributeSimilarityValidator):
    """Not like the person's own names."""


class LengthRule(Polite, password_validation.MinimumLengthValidator):
    """Not too short."""


class CommonRule(Polite, password_validation.CommonPasswordValidator):
    """None of those everybody tries first."""


class NumericRule(Polite, password_validation.NumericPasswordValidator):
    """Not digits alone."""
