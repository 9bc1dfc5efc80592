"""What the base app offers to the registries."""

from livelihood.registry import Section, register_section


def register() -> None:
    """Offer the first page, which every signed-in user has."""
    register_section(Section(order=10, label="工作台", url_name="livelihood:home", visible=lambda user: True))
