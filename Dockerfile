# docker build --tag countermand .
# docker run --publish 127.0.0.1:8080:8080 --volume countermand:/data countermand
#
# The first start makes two keys, prints them once and keeps them in the volume.
FROM node:24-bookworm-slim AS pack
WORKDIR /src
COPY . .
RUN npm ci
RUN npm run pack

FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY --from=pack /src/build/packages /app
# The image has its own Node: the pinned one is not needed beside it.
RUN npm ci --omit=optional
RUN rm countermand-*.tgz

FROM node:24-bookworm-slim
# Every address of the container: which of the machine's it can be reached at, --publish says.
ENV NODE_ENV=production \
    COUNTERMAND_DATA_DIR=/data \
    COUNTERMAND_HOST=0.0.0.0 \
    COUNTERMAND_SANDBOX_KEYS=random
WORKDIR /app
COPY --from=install /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
# SIGTERM stops it within 9 s; Docker's default patience is 10.
STOPSIGNAL SIGTERM
# Not whether it is ready: an orchestrator may end what is unhealthy, and a gateway whose disk does
# not answer still takes cancels.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/live').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "node_modules/@countermand/gateway/dist/main.js"]
