"""A probe file that a test writes, and what comes of it."""

import pytest

from probes.files.load import load
from probes.files.problems import ProbeFileError


@pytest.fixture
def written(tmp_path):
    def write(content, name="probes.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def steps(written):
    def read(content, **environment):
        return load(written(content), environment).main.probes

    return read


@pytest.fixture
def problems(written):
    """(line, key, cause, remedy) of each mistake."""

    def read(content, name="probes.yaml", **environment):
        with pytest.raises(ProbeFileError) as caught:
            load(written(content, name), environment)
        assert caught.value.exit_code == 2
        return [(one.line, one.key, one.cause, one.remedy) for one in caught.value.problems]

    return read
