# One image for web, send, mail, beat, watcher and migrate: docker-compose.yml names the process.

FROM node:20.19.5-bookworm-slim AS front
WORKDIR /hearth
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY static static
COPY templates templates
RUN npm run build

FROM python:3.11.13-slim-bookworm AS libraries
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/hearth && /opt/hearth/bin/pip install --require-hashes -r /tmp/runtime.txt

FROM python:3.11.13-slim-bookworm
# A fixed number, so that the owner of a mounted folder can be set before the first start.
RUN groupadd --gid 10001 hearth \
    && useradd --uid 10001 --gid hearth --no-create-home --shell /usr/sbin/nologin hearth \
    && install -d -o hearth -g hearth -m 0700 /data
COPY --from=libraries /opt/hearth /opt/hearth
WORKDIR /hearth
COPY manage.py ./
COPY webmail webmail
COPY start start
COPY templates templates
COPY --from=front /hearth/static/built static/built
ENV PATH=/opt/hearth/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEBMAIL_DATA_DIR=/data \
    WEBMAIL_BIND=0.0.0.0:8000
USER hearth
VOLUME /data
EXPOSE 8000
# Each process handles SIGTERM itself; `docker run --init` reaps for it.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "start.one"]
CMD ["web"]
