# Shipmate as a static binary, run by a user without rights.
#   docker build -t shipmate .
#   docker run --env-file tokens.env -v $PWD/config.yaml:/etc/shipmate/config.yaml:ro -v shipmate:/var/lib/shipmate shipmate
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/shipmate . \
 && mkdir -p /out/data /out/tmp

# Time zones are compiled into the binary; certificates are the only other thing it needs.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/shipmate /usr/local/bin/shipmate
COPY --from=build --chown=65532:65532 /out/data /var/lib/shipmate
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
VOLUME /var/lib/shipmate
HEALTHCHECK --interval=30s --timeout=15s --start-period=10s CMD ["/usr/local/bin/shipmate", "health"]
ENTRYPOINT ["/usr/local/bin/shipmate"]
CMD ["run", "--config", "/etc/shipmate/config.yaml", "--data", "/var/lib/shipmate"]
