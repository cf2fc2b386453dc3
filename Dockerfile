# Trialcards as an image. Each RUN is a command that also works outside Docker; the image needs no writable
# root file system:  docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -e TRIALCARDS_OPEN=true trialcards
# answers whoever calls; with real charts name the clients that may (docs/clients.md).

FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY requirements/ requirements/
COPY scripts/ scripts/
COPY app/ app/
COPY cds_hooks/ cds_hooks/
COPY cohort/ cohort/
COPY conformance/ conformance/
COPY eligibility/ eligibility/
COPY fhir_mappings/ fhir_mappings/
COPY synth/ synth/
RUN scripts/install-release /opt/trialcards python3

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Trialcards" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.description="FHIR-native clinical decision support for eligibility to lupus trials"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin trialcards
COPY --from=build /opt/trialcards /opt/trialcards
ENV PATH=/opt/trialcards/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# What is kept outlives the container where this folder is a volume.
RUN install -d -m 0700 -o 10001 /var/lib/trialcards
ENV TRIALCARDS_DATA_DIR=/var/lib/trialcards
VOLUME /var/lib/trialcards
USER 10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["trialcards"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
