FROM debian:12 AS build
WORKDIR /oldfilm
COPY . .
RUN ./setup.sh package --yes

FROM debian:12
COPY --from=build /oldfilm/build/packages/*.deb /packages/
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
        /packages/liboldfilm0_*.deb /packages/oldfilm-plugins_*.deb /packages/oldfilm_*.deb \
        tesseract-ocr-eng pocketsphinx-en-us && \
    rm -rf /packages /var/lib/apt/lists/*
WORKDIR /films
ENTRYPOINT ["oldfilm"]
