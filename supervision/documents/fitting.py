"""A first draft is held to four pages: what its text gives up, in a fixed order, stands in an attachment."""

from collections.abc import Callable

from supervision.documents.below import LARGEST, TABLE
from supervision.documents.length import text_pages
from supervision.documents.sections import Choices

MOST_PAGES = 4
#: Section, option, value, and the attachment that has the whole; from what is missed least to what is missed most.
STEPS = (
    ("funds", "form", "none", "table_funds"),
    *(("below", LARGEST.code, str(number), TABLE) for number in (3, 2, 1)),
    ("overview", "pooled", "none", "table_indicators"),
    ("ranking", "form", "ends", "table_projects"),
)


def fitted(choices: Choices, write: Callable[[Choices], dict]) -> None:
    """Lower options of a draft nobody has chosen anything of, until its text fits or there is nothing left to lower.

    `write` returns title, addressees, lead, chapters and attachments as they would be stored. The options lowered
    stand in the choices like chosen ones: the office sees them in the editor and may raise them again.
    """
    for code, option, value, attachment in STEPS:
        if text_pages(write(choices)) <= MOST_PAGES:
            return
        if choices.chosen(attachment).on and choices.chosen(code).on:
            choices.chosen(code).options[option] = value
