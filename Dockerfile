# One image for web, worker, beat and migrate; what differs comes from the environment (docs/deployment.md).
# Registries on a closed network: --build-arg REGISTRY=… PIP_INDEX_URL=… NPM_REGISTRY=…
ARG REGISTRY=docker.io/library

# Bootstrap's and the charts' files, by the lock.
FROM ${REGISTRY}/node:22-bookworm-slim AS styles
ARG NPM_REGISTRY=https://registry.npmjs.org/
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --registry="${NPM_REGISTRY}"

# The product's own Python dependencies: no embedded servers, no tools of developers.
FROM ${REGISTRY}/python:3.11-slim-bookworm AS packages
ARG PIP_INDEX_URL=https://pypi.org/simple
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --only-binary :all: -r requirements.txt \
    && /venv/bin/pip check \
    && /venv/bin/pip uninstall --yes pip setuptools

FROM ${REGISTRY}/python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 livelihood \
    && useradd --system --uid 10001 --gid livelihood --home-dir /app --shell /usr/sbin/nologin livelihood \
    && install -d -o livelihood -g livelihood -m 0750 /var/lib/livelihood
# The papers' .pdf; without it (--build-arg OFFICE=no) the .docx and .xlsx are made all the same.
ARG OFFICE=yes
RUN if [ "$OFFICE" = yes ]; then \
        apt-get update && apt-get install -y --no-install-recommends libreoffice-writer-nogui fonts-noto-cjk \
        && rm -rf /var/lib/apt/lists/*; \
    fi
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=livelihood.settings \
    LIVELIHOOD_VAR=/var/lib/livelihood \
    LIVELIHOOD_STATIC=/app/collected
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY deploy/__init__.py deploy/entrypoint.py deploy/healthcheck.py ./deploy/
COPY livelihood ./livelihood
COPY projects ./projects
COPY funding ./funding
COPY supervision ./supervision
COPY templates ./templates
COPY static ./static
COPY fixtures ./fixtures
# The settings must be complete to be read; nothing connects to these, and none of it stays in the image.
RUN --mount=type=bind,from=styles,source=/app/node_modules,target=/app/node_modules \
    export SECRET_KEY=build-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789 ALLOWED_HOSTS=build.invalid \
        DATABASE_URL=postgresql://build@build.invalid/build REDIS_URL=redis://build.invalid \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && python manage.py check --deploy --fail-level WARNING
USER livelihood
VOLUME /var/lib/livelihood
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["python", "-m", "deploy.healthcheck"]
ENTRYPOINT ["python", "-m", "deploy.entrypoint"]
CMD ["web"]
