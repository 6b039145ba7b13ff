import contextlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probes.exercise.target import Target


@pytest.fixture(scope="session")
def server(site_of):
    """The target of a running server that misbehaves by path."""
    return site_of(Path(__file__).with_name("misbehaving_server.py"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The files of a self-signed certificate for localhost and of its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    names = ("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    subprocess.run((*make, *names, "-keyout", key, "-out", certificate), check=True, capture_output=True)
    return certificate, key


@contextlib.contextmanager
def hypercorn(*arguments):
    """The target of a real server that speaks HTTP/1.1 and HTTP/2."""
    command = (sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:0", *arguments, "asgi_site:app")
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            if found := re.search(r"Running on https?://127\.0\.0\.1:(\d+)", line):
                break
        yield Target("127.0.0.1", int(found[1]), 8443)
        process.kill()


@pytest.fixture(scope="session")
def plain_site():
    with hypercorn() as target:
        yield target


@pytest.fixture(scope="session")
def tls_site(certificate):
    with hypercorn("--certfile", certificate[0], "--keyfile", certificate[1]) as target:
        yield target
