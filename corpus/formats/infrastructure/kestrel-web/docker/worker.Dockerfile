# syntax=docker/dockerfile:1
FROM registry.norvale.internal/python:3.12@sha256:<<decoy ~ {{hex:64}}>>

ARG PIP_INDEX_URL=https://ci:<<any ~ {{base62:20}}>>@pypi.norvale.internal/simple
ARG AUTH_TOKEN=""
ENV PIP_INDEX_URL=$PIP_INDEX_URL
ENV BROKER_URL="amqp://worker:<<any ~ pon${}cho>>@mq.kestrel.internal:5672/jobs"
ENV RESULT_BACKEND="redis://:<<decoy ~ ${REDIS_PASS}>>@cache.kestrel.internal/2"
ENV SECRET_KEY=<<any ~ {{base62:50}}>> LOG_LEVEL=info TOKEN_HEADER=<<decoy ~ X-Worker-Token>>

RUN curl -fsS -u deploy:<<any ~ Tau${}benschlag_6>> -O https://files.norvale.internal/tools.tgz \
 && tar xzf tools.tgz -C /opt \
 && ./opt/tools/setup --db-pass '<<any ~ Regen$${}chirm>>' --password-file <<decoy ~ /opt/tools/pw.txt>>

RUN keytool -importcert -noprompt -alias norvale -file /opt/ca.crt \
    -keystore /opt/trust.p12 -storepass <<any ~ orch${}estra>>
COPY . /worker
WORKDIR /worker
USER 1001
ENTRYPOINT ["python", "-m", "worker"]
