#!/bin/sh
# Says in one sentence what is missing for building the front end.
for name in node npm; do
    if ! command -v "$name" >/dev/null; then
        echo "$name is not installed: building the front end needs Node 20 or newer with npm." >&2
        exit 1
    fi
done
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    echo "Building the front end needs Node 20 or newer; this is $(node --version)." >&2
    exit 1
fi
