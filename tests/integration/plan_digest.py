"""python plan_digest.py IMAGE FOLDER: SHA-256 of the image's plan for a trace that names some programs."""

import hashlib
import sys
from pathlib import Path

from probes.watch.trace import Access, Trace, Use
from slim.closure.plan_file import plan_text
from slim.closure.solve import make_plan
from slim.engine.connect import connect
from slim.engine.read import read_image

USED = (
    "/usr/bin/bash",
    "/usr/bin/python3",
    "/usr/bin/perl",
    "/usr/bin/update-ca-certificates",
    "/usr/bin/gunicorn",
)

engine = connect()
image = read_image(engine, sys.argv[1], Path(sys.argv[2]))
accesses = tuple(Access(path, Use.EXEC, "", path, 1, "start", 0.0, 1) for path in sorted(USED))
plan = make_plan(image.tree, image.config, Trace(image.id, True, accesses=accesses))
engine.close()
sys.stdout.write(hashlib.sha256(plan_text(plan, image.tree).encode()).hexdigest() + "\n")
