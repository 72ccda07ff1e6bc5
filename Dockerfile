# One image for every kind of process: `api`, `scheduler`, `worker`, `migrate`, `start`.
# BASE_IMAGE needs Node 20 or newer with npm for the build; what runs is the release that package.json pins.
ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /waybill
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY prisma prisma
COPY libs libs
COPY apps apps
RUN npm run build

FROM ${BASE_IMAGE}
ENV NODE_ENV=production WAYBILL_HOME=/var/lib/waybill
WORKDIR /waybill
COPY --from=build /waybill/package.json ./
COPY --from=build /waybill/node_modules node_modules
COPY --from=build /waybill/prisma prisma
COPY --from=build /waybill/dist dist
RUN useradd --system --create-home --home-dir /var/lib/waybill --shell /usr/sbin/nologin waybill
USER waybill
VOLUME /var/lib/waybill
EXPOSE 8421
# As apps/cli/bin/waybill.mjs does: buffers of passing files are given back sooner.
ENTRYPOINT ["/waybill/node_modules/.bin/node", "--max-semi-space-size=2", "/waybill/dist/apps/cli/src/main.js"]
CMD ["start"]
