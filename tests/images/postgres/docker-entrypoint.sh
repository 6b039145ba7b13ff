#!/usr/bin/env bash
# Makes a database cluster at the first start, as user postgres, and becomes the server.
set -Eeo pipefail

file_env() {
	local var="$1" fileVar="$1_FILE" default="${2:-}"
	local value="$default"
	if [ "${!var:-}" ]; then
		value="${!var}"
	elif [ "${!fileVar:-}" ]; then
		value="$(< "${!fileVar}")"
	fi
	export "$var"="$value"
	unset "$fileVar"
}

make_folders() {
	mkdir -p "$PGDATA"
	chmod 00700 "$PGDATA" || :
	mkdir -p /var/run/postgresql
	chmod 03775 /var/run/postgresql || :
	if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
		mkdir -p "$POSTGRES_INITDB_WALDIR"
		chmod 700 "$POSTGRES_INITDB_WALDIR"
	fi
	if [ "$(id -u)" = '0' ]; then
		find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
		find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
	fi
}

make_cluster() {
	eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"$POSTGRES_INITDB_ARGS"' >/dev/null'
}

ask() {
	local query=(psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
	if [ -n "$POSTGRES_DB" ]; then
		query+=(--dbname "$POSTGRES_DB")
	fi
	PGHOST= PGHOSTADDR= "${query[@]}" "$@"
}

run_init_files() {
	local f
	for f; do
		case "$f" in
			*.sh)
				if [ -x "$f" ]; then
					printf '%s: running %s\n' "$0" "$f"
					"$f"
				else
					printf '%s: sourcing %s\n' "$0" "$f"
					. "$f"
				fi
				;;
			*.sql)     printf '%s: running %s\n' "$0" "$f"; ask -f "$f" ;;
			*.sql.gz)  printf '%s: running %s\n' "$0" "$f"; gunzip -c "$f" | ask ;;
			*.sql.xz)  printf '%s: running %s\n' "$0" "$f"; xzcat "$f" | ask ;;
			*.sql.zst) printf '%s: running %s\n' "$0" "$f"; zstd -dc "$f" | ask ;;
			*)         printf '%s: ignoring %s\n' "$0" "$f" ;;
		esac
	done
}

allow_hosts() {
	local auth
	auth="$(postgres -C password_encryption "$@")"
	: "${POSTGRES_HOST_AUTH_METHOD:=$auth}"
	printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >> "$PGDATA/pg_hba.conf"
}

temporary_server() {
	PGUSER="${PGUSER:-$POSTGRES_USER}" pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w "$@"
}

main() {
	if [ "${1:0:1}" = '-' ]; then
		set -- postgres "$@"
	fi
	if [ "$1" = 'postgres' ]; then
		make_folders
		if [ "$(id -u)" = '0' ]; then
			exec gosu postgres "$BASH_SOURCE" "$@"
		fi
		if [ ! -s "$PGDATA/PG_VERSION" ]; then
			file_env POSTGRES_PASSWORD
			file_env POSTGRES_USER postgres
			file_env POSTGRES_DB "$POSTGRES_USER"
			file_env POSTGRES_INITDB_ARGS
			if [ -z "$POSTGRES_PASSWORD" ]; then
				cat >&2 <<-'EOE'
					Error: database is not initialised and no superuser password is given.
				EOE
				exit 1
			fi
			ls /docker-entrypoint-initdb.d/ > /dev/null
			make_cluster
			allow_hosts
			export PGPASSWORD="$POSTGRES_PASSWORD"
			temporary_server start > /dev/null
			if [ "$POSTGRES_DB" != postgres ]; then
				POSTGRES_DB= ask --dbname postgres --set db="$POSTGRES_DB" <<-'EOSQL'
					CREATE DATABASE :"db" ;
				EOSQL
			fi
			run_init_files /docker-entrypoint-initdb.d/*
			temporary_server -m fast stop > /dev/null
			unset PGPASSWORD
			echo 'cluster ready'
		fi
	fi
	exec "$@"
}

main "$@"
