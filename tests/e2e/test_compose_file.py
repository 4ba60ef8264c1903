"""The compose file itself, as `docker compose` reads it."""

import subprocess

from testcontainers.compose import DockerCompose

from tests.e2e.system import REPOSITORY


def test_the_compose_file_is_read_without_a_warning() -> None:
    command = [*DockerCompose(REPOSITORY, profiles=["*"]).docker_compose_command(), "config", "--quiet"]

    read = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (read.returncode, read.stdout, read.stderr) == (0, "", "")
