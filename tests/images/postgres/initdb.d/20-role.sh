#!/bin/bash
set -e
if [ -n "$APP_USER" ]; then
	createuser --no-superuser "$APP_USER"
	psql --set who="$APP_USER" -d "$POSTGRES_DB" <<-'EOSQL'
		GRANT SELECT ON visits TO :"who";
	EOSQL
fi
