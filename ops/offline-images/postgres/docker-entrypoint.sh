#!/usr/bin/env bash
# Does what the entry point of the official image does, with its variables and its init folder.

set -Eeuo pipefail

# NAME or what the file NAME_FILE holds, else the default.
setting() {
    local file=${1}_FILE
    if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
        echo "$1 and $file are exclusive" >&2
        exit 1
    fi
    local value=${!1:-${2:-}}
    [ -z "${!file:-}" ] || value=$(<"${!file}")
    export "$1=$value"
    unset "$file"
}

read_settings() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    setting POSTGRES_HOST_AUTH_METHOD scram-sha-256
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
        echo "Error: POSTGRES_PASSWORD must be set to a non-empty value for the superuser" >&2
        exit 1
    fi
}

create_cluster() {
    local arguments
    eval "arguments=($POSTGRES_INITDB_ARGS)"
    initdb --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") \
        --set listen_addresses='*' --set unix_socket_directories="$PGHOST" "${arguments[@]}"
    printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"
}

run_sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"; }

create_database() {
    [ "$POSTGRES_DB" = postgres ] && return
    run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'create database :"db"'
}

# shellcheck source=/dev/null
run_script() { if [ -x "$1" ]; then "$1"; else . "$1"; fi; }

run_init_folder() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        echo "$0: running $file"
        case $file in
            *.sh) run_script "$file" ;;
            *.sql) run_sql --dbname "$POSTGRES_DB" --file "$file" ;;
            *) echo "$0: ignoring $file" ;;
        esac
    done
}

initialise() {
    read_settings
    create_cluster
    export PGPASSWORD=$POSTGRES_PASSWORD
    pg_ctl --wait --options "-c listen_addresses=''" start
    create_database
    run_init_folder
    pg_ctl --wait --mode fast stop
    unset PGPASSWORD
    echo "PostgreSQL init process complete; ready for start up."
}

if [ "${1:-}" = postgres ]; then
    mkdir -p "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        chmod 700 "$PGDATA"
        find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
        exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
    fi
    [ -s "$PGDATA/PG_VERSION" ] || initialise
fi
exec "$@"
