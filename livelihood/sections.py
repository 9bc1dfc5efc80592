"""What the base app offers to the registries."""


def register() -> None:
    """Nothing of its own yet beyond the first page, which every signed-in user has."""
