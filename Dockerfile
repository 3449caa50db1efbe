# Builds the one binary, then puts it alone into a small image.
FROM denoland/deno:debian-2.9.6 AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-pip && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY deno.json deno.lock main.ts LICENSE ./
COPY src ./src
COPY connectors ./connectors
RUN deno task setup && deno task compile --output /out/sluice

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/sluice sluice \
    && mkdir /data && chown sluice:sluice /data
COPY --from=build /out/sluice /usr/local/bin/sluice
COPY --from=build /src/LICENSE /usr/share/doc/sluice/LICENSE
USER sluice
# A container has a network of its own, so loopback would be reachable by nobody: here, and only here, the worker listens on
# all addresses. Whoever publishes the port decides who can reach it.
ENV CONNECT_LISTENERS=http://0.0.0.0:8083
ENV SLUICE_DATA=/data
VOLUME /data
EXPOSE 8083
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["sluice", "health", "--listen", "127.0.0.1:8083"]
ENTRYPOINT ["sluice"]
