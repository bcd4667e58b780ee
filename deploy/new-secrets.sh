#!/bin/sh
# Writes deploy/.env with fresh secrets that nobody has seen, readable by its owner alone. It never overwrites one.
set -eu
file=${1:-"$(dirname "$0")/.env"}
test ! -e "$file" || { echo "$file is there already: its secrets are in use." >&2; exit 1; }
random() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
umask 077
{
    echo "REDIS_PASSWORD=$(random)"
    echo "POSTGRES_PASSWORD=$(random)"
    echo "HANDRAIL_METRICS_TOKEN=$(random)"
    echo "HANDRAIL_DESK_KEY=$(key)"
    echo "HANDRAIL_SIGNING_KEY=$(key)"
    echo "HANDRAIL_LIMITS_KEY=$(key)"
} >"$file"
echo "Written: $file. Keep a copy of it in a safe place: without HANDRAIL_DESK_KEY nobody can sign in to the desk any more."
