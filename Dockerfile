# One image for the API, the worker and the tools: another command makes the other, see deploy/compose.yaml.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY src src
COPY apps apps
COPY libs libs
COPY clients clients
COPY scripts scripts
RUN npm run build

# Without the optional packages: they hold the embedded PostgreSQL, and DATABASE_URL takes its place.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
# young objects, of calls that are being served, get 64 MiB at a time: with the usual 16, collecting them is a fifth of the work
ENV NODE_OPTIONS="--enable-source-maps --max-semi-space-size=64"
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# the guide, which the service shows under /guide
COPY docs docs
COPY clients clients
COPY --from=build /app/libs/client/README.md libs/client/README.md
COPY CHANGELOG.md ./
# its "imports" say where the libraries are
COPY package.json ./
# the tools by their names, "admin …", "verify …" and "lockstep …": there is no source here for npm to look after
COPY deploy/bin /usr/local/bin
# "node", by number, so that Kubernetes can see that it is not root; it can write to nothing here and needs not
USER 1000:1000
EXPOSE 3000
# No HEALTHCHECK: the worker and the tools serve no /health/live, so who starts a container says how to check it.
# Not npm: node itself must get the SIGTERM.
CMD ["node", "dist/src/main.js"]
