"""What slim ends with when nobody reads its output."""

import os
import subprocess
import sys


def test_output_that_nobody_reads_has_an_exit_code_of_its_own():
    reader, writer = os.pipe()
    os.close(reader)
    command = (sys.executable, "-m", "slim", "profiles")
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
