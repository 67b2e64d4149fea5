# syntax=docker/dockerfile:1
# One image for the web, the workers and the sandbox: `docker run IMAGE web`, `… worker`, `… sandbox`.

# The Python version that the tests use. For reproducible builds append `@sha256:…`; `make pins` lists what has no digest.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE} AS base

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
WORKDIR /src
RUN ["python", "-m", "venv", "/tools"]
RUN ["python", "-m", "venv", "--without-pip", "/opt/relay"]
COPY docker/build.lock docker/runtime.lock docker/
# Install only what the locks name with a hash, and build nothing from source.
RUN ["/tools/bin/python", "-m", "pip", "install", "--require-hashes", "--only-binary=:all:", "-r", "docker/build.lock"]
RUN ["/tools/bin/python", "-m", "pip", "--python", "/opt/relay/bin/python", "install", "--require-hashes", "--only-binary=:all:", "--report", "/tools/report.json", "-r", "docker/runtime.lock"]
COPY docker/complete_sbom.py docker/
COPY pyproject.toml README.md LICENSE ./
COPY relay relay
COPY workers workers
RUN ["/tools/bin/python", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "/tools/wheels", "."]
RUN ["/tools/bin/python", "-m", "pip", "--python", "/opt/relay/bin/python", "install", "--no-deps", "--no-index", "--find-links", "/tools/wheels", "gong-event-relay"]
RUN ["/opt/relay/bin/python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt/relay/lib"]
# The bill of materials in CycloneDX format; `docker build --target sbom --output . .` writes only this file.
RUN ["/tools/bin/cyclonedx-py", "environment", "--pyproject", "pyproject.toml", "--output-reproducible", "--output-file", "/tools/packages.cdx.json", "/opt/relay/bin/python"]
RUN ["/tools/bin/python", "docker/complete_sbom.py", "--base-image", "--report", "/tools/report.json", "/tools/packages.cdx.json", "/opt/relay/sbom.cdx.json"]

FROM scratch AS sbom
COPY --from=build /opt/relay/sbom.cdx.json /

FROM base AS relay
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gong-relay" \
      org.opencontainers.image.description="Takes partner webhooks and posts them to Gong inside its limits" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/relay /opt/relay
ENV PATH=/opt/relay/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 RELAY_CONFIG=/etc/relay/config/relay.yaml
WORKDIR /tmp
# A numeric user, so that Kubernetes can verify that it is not root.
USER 10001:10001
EXPOSE 8080 8081 9100
STOPSIGNAL SIGTERM
# This checks the web. A worker from this image needs a check of its own port, as in compose.yaml.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["gong-relay"]
CMD ["web"]
