"""PostgreSQL, initialised by its entrypoint script at the first start. One query is probed: the rest is what
a database is used for afterwards, much of it in libraries and files that are opened by name."""

from __future__ import annotations

import time

from images.started import Check, Checks, Container, Image, Mismatch, NotStarted, contains, equal

PASSWORD = ("--env", "POSTGRES_PASSWORD=secret")
PROBE_ARGUMENTS = (
    "--env", "POSTGRES_PASSWORD=secret",
    "--exec-probe", "pg_isready --quiet --host 127.0.0.1",
)  # fmt: skip

EXTENSIONS = ("pg_trgm", "hstore", '"uuid-ossp"', "pgcrypto", "postgres_fdw", "unaccent", "citext", "ltree",
              "xml2", "btree_gist", "pg_stat_statements")  # fmt: skip

QUERIES = {
    "trigrams": ("select similarity('postgres', 'postgrse') > 0.3", "t"),
    "hstore": ("select 'a=>1,b=>2'::hstore -> 'b'", "2"),
    "uuid-ossp": ("select length(uuid_generate_v4()::text)", "36"),
    "pgcrypto": (
        "select encode(digest('abc', 'sha1'), 'hex')",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
    ),
    "plpgsql": ("do $$ begin raise notice 'hi'; end $$; select 1", "DO\n1"),
    "German stemmer": ("select to_tsvector('german', 'die Katzen liefen')", "'katz':2 'lief':3"),
    "French stemmer": ("select to_tsvector('french', 'les chevaux')", "'cheval':2 'le':1"),
    "unaccent": ("select unaccent('Hôtel')", "Hotel"),
    "time zone": (
        "select timestamptz '2024-01-01 00:00+00' at time zone 'Asia/Tokyo'",
        "2024-01-01 09:00:00",
    ),
    "abbreviation": ("select timestamptz '2024-07-01 12:00 EDT' = '2024-07-01 16:00+00'", "t"),
    "collation of libc": ("select 'a' < 'B' collate \"de_DE.utf8\"", "t"),
    "collation of ICU": ("select 'z' < 'å' collate \"sv-x-icu\"", "t"),
    "XML": ("select xpath('/a/text()', '<a>x</a>')", "{x}"),
    "regular expressions": ("select regexp_replace('abc', '(b)', '[\\1]')", "a[b]c"),
    "Shift JIS": ("select encode(convert_to('日本', 'SJIS'), 'hex')", "93fa967b"),
    "EUC_KR and back": ("select convert_from(convert_to('한국', 'EUC_KR'), 'EUC_KR')", "한국"),
    "Latin 9": ("select encode(convert_to('€', 'LATIN9'), 'hex')", "a4"),
    "JIT": (
        "set jit = on; set jit_above_cost = 0; set jit_inline_above_cost = 0;"
        " select sum(x * 2) from generate_series(1, 1000) x",
        "SET\nSET\nSET\n1001000",
    ),
    "a gzip through COPY … PROGRAM": (
        "copy (select 42) to program 'gzip -c >/tmp/x.gz';"
        " create temp table t(x int); copy t from program 'gzip -dc /tmp/x.gz'; select * from t",
        "COPY 1\nCREATE TABLE\nCOPY 1\n42",
    ),
    "LZ4 compression of columns": (
        "create temp table l(x text compression lz4); select 1",
        "CREATE TABLE\n1",
    ),
    "names of time zones": ("select count(*) > 400 from pg_timezone_names", "t"),
    "information schema": ("select count(*) > 50 from information_schema.tables", "t"),
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    options = (*PASSWORD, "--env", "POSTGRES_DB=shop", "--env", "APP_USER=reader")
    with checks("the server starts"), image.start(5432, options=options) as server:
        with checks("the cluster is made, and its database"):
            _until_ready(server)
            contains(server.logs(), "running /docker-entrypoint-initdb.d/20-role.sh")
        with checks("init files"):
            equal(_ask(server, "select who from visits"), "init")
            equal(_ask(server, "select count(*) from pg_roles where rolname = 'reader'"), "1")
        for extension in EXTENSIONS:
            with checks(f"extension {extension}"):
                equal(_ask(server, f"create extension {extension}"), "CREATE EXTENSION")
        for name, (query, wanted) in QUERIES.items():
            with checks(name):
                equal(_ask(server, query), wanted)
        _tools(server, checks)
        _again(server, checks)
    with checks("another configuration: TLS, statistics, pages and a locale"):
        _configured(image)
    with checks("no password: an error of the entrypoint script"):
        refused = image.run("postgres")
        equal(refused.exit_code, 1)
        contains(refused.stderr, "no superuser password is given")
    with checks("another program"):
        contains(image.run("psql", "--version").stdout, "psql (PostgreSQL) 15")
    return checks.results


def _tools(server: Container, checks: Checks) -> None:
    """Client programs inside the container."""
    lines = {
        "pg_dump and pg_restore": (
            "pg_dump -Fc -f /tmp/d shop && createdb copy && pg_restore -d copy /tmp/d"
            " && psql -At -c 'select count(*) from visits' copy",
            "1\n",
        ),
        "pg_dumpall": ("pg_dumpall --globals-only", "CREATE ROLE reader;"),
        "vacuumdb": ("vacuumdb --quiet --analyze shop && echo ok", "ok\n"),
        "reindexdb": ("reindexdb --quiet shop && echo ok", "ok\n"),
        "pg_basebackup": ("pg_basebackup -c fast -D /tmp/b -X stream && cat /tmp/b/PG_VERSION", "15\n"),
        "psql's own commands": (r"psql -At -c '\dt' shop", "public|visits|table|postgres\n"),
        "createuser": ("createuser other && dropuser other && echo ok", "ok\n"),
        "pg_controldata": ("pg_controldata -D $PGDATA", "in production"),
        "pg_ctl": ("pg_ctl reload -s && echo ok", "ok\n"),
    }
    for name, (line, wanted) in lines.items():
        with checks(name):
            finished = server.execute("gosu", "postgres", "sh", "-c", line)
            equal(finished.exit_code, 0)
            contains(finished.stdout, wanted)
    with checks("an SQL error"):
        finished = server.execute("psql", "-U", "postgres", "-c", "select 1/0", "shop")
        equal((finished.exit_code, finished.stderr), (1, "ERROR:  division by zero\n"))


def _again(server: Container, checks: Checks) -> None:
    with checks("a restart on the initialised volume"):
        equal(server.stop(), 0)
        server.start_again()
        _until_ready(server)
        equal(_ask(server, "select who from visits"), "init")


def _configured(image: Image) -> None:
    init = "--env", "POSTGRES_INITDB_ARGS=--data-checksums --locale-provider=icu --icu-locale=de"
    settings = {
        "ssl": "on",
        "ssl_cert_file": "/etc/ssl/certs/ssl-cert-snakeoil.pem",
        "ssl_key_file": "/etc/ssl/private/ssl-cert-snakeoil.key",
        "shared_preload_libraries": "pg_stat_statements,auto_explain",
        "lc_time": "de_DE.utf8",
    }
    command = ("postgres", *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")))
    with image.start(5432, *command, options=(*PASSWORD, *init)) as server:
        _until_ready(server)
        ssl = "select version from pg_stat_ssl where pid = pg_backend_pid()"
        finished = server.execute(
            "psql", "-At", "-c", ssl, "postgresql://postgres:secret@127.0.0.1/postgres?sslmode=require"
        )
        equal((finished.exit_code, finished.stdout), (0, "TLSv1.3\n"))
        equal(_ask(server, "create extension pg_stat_statements", "postgres"), "CREATE EXTENSION")
        equal(_ask(server, "select count(*) > 0 from pg_stat_statements", "postgres"), "t")
        equal(_ask(server, "show data_checksums", "postgres"), "on")
        equal(_ask(server, "select to_char(date '2024-03-01', 'TMMonth')", "postgres"), "März")


def _until_ready(server: Container) -> None:
    late = time.monotonic() + 20
    while True:
        if server.execute("pg_isready", "--quiet", "--host", "127.0.0.1").exit_code == 0:
            return
        if time.monotonic() > late:
            raise NotStarted(server.logs()[-2000:])
        time.sleep(0.1)


def _ask(server: Container, query: str, database: str = "shop") -> str:
    finished = server.execute("psql", "-U", "postgres", "-X", "-At", "-c", query, database)
    if finished.exit_code:
        raise Mismatch(finished.stderr)
    return finished.stdout.strip()
