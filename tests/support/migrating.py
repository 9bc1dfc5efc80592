"""Migrations from nothing in a tenth of the time: their SQL and their code are run as they are.

Django keeps a class of every model as of each step. For each model, field, constraint or index that is added it makes
the classes of all its neighbours anew, eighteen thousand for ours. Here what is added goes to the classes that stand.
That the same database comes of it is tested in tests/livelihood/test_machinery.py.
"""

from contextlib import contextmanager

import pytest
from django.db.migrations.state import ProjectState


@contextmanager
def growing_models():
    """Inside the block migrations add to a model's class what they would make it anew for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "add_model", _add_model)
        patch.setattr(ProjectState, "add_field", _add_field(ProjectState.add_field))
        patch.setattr(ProjectState, "_append_option", _append_option)
        yield


def _add_model(self, model_state):
    self.models[model_state.app_label, model_state.name_lower] = model_state
    if self._relations is not None:
        self.resolve_model_relations((model_state.app_label, model_state.name_lower))
    if "apps" in self.__dict__:
        self.apps.render_multiple([model_state])


def _add_field(usual):
    def add_field(self, app_label, model_name, name, field, preserve_default):
        if "apps" not in self.__dict__ or not preserve_default:
            usual(self, app_label, model_name, name, field, preserve_default)
            return
        self.models[app_label, model_name].fields[name] = field
        if self._relations is not None:
            self.resolve_model_field_relations((app_label, model_name), name, field)
        field.clone().contribute_to_class(self.apps.get_model(app_label, model_name), name)

    return add_field


def _append_option(self, app_label, model_name, option_name, obj):
    model_state = self.models[app_label, model_name]
    model_state.options[option_name] = [*model_state.options[option_name], obj]
    if "apps" in self.__dict__:
        setattr(self.apps.get_model(app_label, model_name)._meta, option_name, model_state.options[option_name])
