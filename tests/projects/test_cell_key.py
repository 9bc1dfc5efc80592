"""The name of a cell in forms, JSON and addresses."""

import re

import pytest

from projects import parts
from projects.cell_key import key_text, split_key


@pytest.mark.parametrize("key", [(12, 345), (77, "disbursed")])
def test_key_comes_back_as_it_went_in(key):
    assert split_key(key_text(key)) == key


@pytest.mark.parametrize("text", ["", "12", "12-", "-5", "12-3-4", "１２-3", "12-Spent", "9" * 20 + "-1", "1-x1"])
def test_what_is_no_key_is_no_key(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        split_key(text)


def test_no_key_belongs_to_two_parts():
    for text in ("12-345", "77-disbursed"):
        found = [part.code for part in parts.registered() if part.key_pattern.fullmatch(text)]

        assert len(found) <= 1, found
