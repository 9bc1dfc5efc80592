"""Response headers that Django 5.2 does not set itself, and the password that has to be one's own."""

from django.shortcuts import redirect

from livelihood.passwords import MUST_CHANGE

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        # Heat-map cells and chart containers carry computed style attributes.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class ContentSecurityPolicyMiddleware:
    """Only our own files run in a page: a pasted script in a remark stays text even if escaping failed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class OwnPasswordMiddleware:
    """Whose password somebody else set chooses a new one first; marked at login (livelihood/passwords.py)."""

    OPEN = frozenset({"livelihood:password-change", "livelihood:logout", "livelihood:login"})

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, arguments, keywords):
        """Send the person to the password page, whatever else was asked for."""
        # What is open to everybody (health, login) is answered without a look into the session.
        is_open = not getattr(view, "login_required", True) or request.resolver_match.view_name in self.OPEN
        if is_open or not request.user.is_authenticated or MUST_CHANGE not in request.session:
            return None
        return redirect("livelihood:password-change")
