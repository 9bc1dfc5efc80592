"""Response headers that Django 5.2 does not set itself."""

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
