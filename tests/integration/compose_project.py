"""A Compose project with a database, a cache and a small shop, and what the engine has of projects."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from image_of_folder import build_image
from images.build import build
from images.started import docker

APPLICATION = """\
import os
from pathlib import Path

import psycopg2
import redis
from flask import Flask

# no second try: who is started before its services are ready ends here
database = psycopg2.connect(os.environ["DATABASE"])
cache = redis.Redis.from_url(os.environ["CACHE"])
with database, database.cursor() as cursor:
    cursor.execute("CREATE TABLE seen (place text)")
assert cache.setnx("started", "once"), "the cache is another run's"
app = Flask(__name__)


@app.get("/")
def index():
    with database, database.cursor() as cursor:
        cursor.execute("INSERT INTO seen VALUES ('here')")
        cursor.execute("SELECT count(*) FROM seen")
        (rows,) = cursor.fetchone()
    return f"{rows} rows, {cache.incr('visits')} visits, {os.environ['GREETING']}\\n"


@app.get("/secret")
def secret():
    return Path("/run/secrets/token").read_text() + Path("/settings/colour").read_text()


app.run(host="0.0.0.0", port=8000)
"""
_DOCKERFILE = """\
ARG GROUND
FROM ${GROUND}
USER root
RUN apt-get install -y --no-install-recommends python3-psycopg2 python3-redis
COPY app.py /app/shop.py
USER app
HEALTHCHECK NONE
CMD ["python3", "not_what_compose_runs.py"]
"""


@functools.cache
def shop_image() -> str:
    """The application's image, on the Flask recipe; built when it is not there."""
    ground = build("flask-debian")
    digest = hashlib.sha256(f"{ground}{_DOCKERFILE}{APPLICATION}".encode()).hexdigest()[:12]
    reference = f"slim-test/compose-shop:{digest}"
    if docker("image", "inspect", reference, check=False).exit_code == 0:
        return reference
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(_DOCKERFILE)
        (folder / "app.py").write_text(APPLICATION)
        return build_image(reference, folder, "--build-arg", f"GROUND={ground}")


def shop() -> dict[str, Any]:
    """The shop's Compose file: PostgreSQL, Redis, a job that must complete, the shop, a proxy."""
    check = {"interval": "1s", "timeout": "5s", "retries": 30}
    ready = {"db": {"condition": "service_healthy"}, "cache": {"condition": "service_healthy"}}
    return {
        "services": {
            "db": {
                "image": build("postgres"),
                "environment": {"POSTGRES_PASSWORD": "pa$$word", "POSTGRES_DB": "shop"},
                "command": ["postgres", "-c", "fsync=off"],
                "volumes": ["data:/var/lib/postgresql/data"],
                "healthcheck": {"test": ["CMD", "pg_isready", "-h", "127.0.0.1", "-d", "shop"], **check},
            },
            "cache": {
                "image": build("redis"),
                "networks": ["back"],
                "healthcheck": {"test": ["CMD", "redis-cli", "ping"], **check},
            },
            "job": {
                "image": build("redis"),
                "entrypoint": ["redis-cli", "-h", "cache"],
                "command": ["set", "job", "done"],
                "networks": ["back"],
                "depends_on": {"cache": {"condition": "service_healthy"}},
            },
            "web": {
                "image": shop_image(),
                "command": "python3 shop.py",
                "environment": {"DATABASE": "postgresql://postgres:pa$$word@db/shop"},
                "env_file": ["web.env"],
                "networks": {"default": {}, "back": {"aliases": ["shop"]}},
                "secrets": ["token"],
                "volumes": ["./settings:/settings:ro"],
                "tmpfs": ["/scratch"],
                # a command that nothing else needs
                "healthcheck": {"test": ["CMD-SHELL", "ls /app | tac | grep -q shop"]},
                "depends_on": {**ready, "job": {"condition": "service_completed_successfully"}},
            },
            "proxy": {"image": build("redis"), "depends_on": ["web"]},
            "unused": {"image": "slim-test/not-there:1", "profiles": ["debug"]},
        },
        "volumes": {"data": {}},
        "networks": {"back": {}},
        "secrets": {"token": {"file": "./token"}},
    }


def written(folder: Path, project: dict[str, Any]) -> Path:
    """`project` as a Compose file in `folder`, with the files that it names. JSON is YAML too."""
    (folder / "web.env").write_text("CACHE=redis://cache\nGREETING=hello\n")
    (folder / "token").write_text("sesame\n")
    (folder / "settings").mkdir(exist_ok=True)
    (folder / "settings" / "colour").write_text("blue\n")
    path = folder / "compose.yml"
    path.write_text(json.dumps(project, indent=1))
    return path


def of_projects(process: int) -> list[str]:
    """Containers, volumes and networks of Compose projects of slim's process `process`."""
    found = []
    shape = '{{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}}'
    for kind in ("container", "volume", "network"):
        every = ("--all",) if kind == "container" else ()
        told = docker(kind, "ls", *every, "--format", shape, "--filter", "label=com.docker.compose.project")
        found += [f"{kind} {line}" for line in told.stdout.splitlines()]
    return [line for line in found if f"-p{process}-" in line]
