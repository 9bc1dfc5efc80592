"""修改密码: everybody changes their own; whose password somebody else set does it before anything else."""

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy

from livelihood.passwords import MUST_CHANGE, change_own_password


class OwnPasswordForm(PasswordChangeForm):
    """Django's form, which says 您."""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": "您的旧密码不正确，请重新输入。",
    }


class OwnPasswordView(PasswordChangeView):
    """Ask for the old password and twice for the new one."""

    template_name = "livelihood/password_change.html"
    success_url = reverse_lazy("livelihood:home")
    form_class = OwnPasswordForm

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(must_change=MUST_CHANGE in self.request.session, **kwargs)

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        change_own_password(by=self.request.user)
        self.request.session.pop(MUST_CHANGE, None)
        messages.success(self.request, "密码已修改。")
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
