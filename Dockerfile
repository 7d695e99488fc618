# The operator's image: one bundled file on a base without a shell, run as nobody.
# A release pins both bases by digest: --build-arg BUILD_BASE=…@sha256:… --build-arg RUNTIME_BASE=…@sha256:…
ARG BUILD_BASE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_BASE=gcr.io/distroless/nodejs24-debian12:nonroot

# JavaScript is the same for all: built once, on the builder's own platform, whatever the image is for.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY tsconfig.json ./
COPY scripts/build.ts scripts/bundle.ts scripts/notices.ts scripts/
COPY src src
ARG REVISION=
RUN REVISION="${REVISION}" npm run build:operator

# As by default, and said: buildah would go on with the platform of the stage before.
FROM --platform=$TARGETPLATFORM ${RUNTIME_BASE}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="o365-sync-operator" \
      org.opencontainers.image.description="Keeps a mail gateway's recipient list in step with Microsoft 365" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY LICENSE /app/LICENSE
COPY --from=build /src/dist/NOTICES.txt /src/dist/operator.cjs.map /src/dist/operator.cjs /app/
# One arena: glibc keeps what threads gave back in each of theirs, some 20 MiB.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
# By number: kubelet checks runAsNonRoot without asking /etc/passwd.
USER 65532:65532
EXPOSE 8080 8081
# One process, which takes SIGTERM itself. Memory before speed, within the chart's limit of 512 MiB: docs/performance.md.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "--max-old-space-size=384", "/app/operator.cjs"]
