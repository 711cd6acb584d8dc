# Builds and runs Rebound. Two stages: the compiler stays behind.
#
#   docker build -t rebound .
#   docker run -p 8080:8080 -v rebound:/data -v "$PWD/rebound.toml:/etc/rebound.toml:ro" -v "$PWD/secrets:/run/secrets:ro" rebound
#
# Secrets come from files: in rebound.toml `bot_token_file = "/run/secrets/slack_bot_token"`, or
# `-e REBOUND_SLACK__BOT_TOKEN_FILE=/run/secrets/slack_bot_token`.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
# The dependencies first: this layer stays as long as they do.
RUN mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked && rm -rf src
COPY migrations migrations
COPY templates templates
COPY src src
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 65532 --home-dir /data --create-home rebound
COPY --from=build /src/target/release/rebound /usr/local/bin/rebound
USER rebound
WORKDIR /data
VOLUME /data
EXPOSE 8080
# The address is set here, since 127.0.0.1 would be reachable from inside only. The database is rebound.db in /data unless the
# configuration says otherwise.
ENV REBOUND_CONFIG=/etc/rebound.toml \
    REBOUND_LISTEN=0.0.0.0:8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s CMD curl -fsS http://127.0.0.1:8080/livez || exit 1
STOPSIGNAL SIGTERM
ENTRYPOINT ["rebound"]
CMD ["serve"]
