"""A state has one Chinese word, whether a page shows the component or the model's own label."""

import pytest

from livelihood.formats import STATES
from livelihood.models import Job
from projects.models import Figure, Report, ReportingPeriod


@pytest.mark.parametrize("choices", [Report.State, ReportingPeriod.State, Job.State])
def test_state_word_equals_the_models_label(choices):
    for state in choices:
        assert STATES[state.value][1] == state.label


def test_every_figure_state_can_be_shown():
    assert set(Figure.State.values) <= set(STATES)
