"""The Dockerfile and docker-compose.yml, checked as far as goes without an engine."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from start.hearth import processes
from tests.lab.place import free_port, get_program

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: each["command"] for name, each in SERVICES.items() if "build" in each}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
INSTRUCTIONS = [
    tuple(line.split(None, 1))
    for line in DOCKERFILE.splitlines()
    if line.strip() and not line.startswith("#")
]
SETTING = re.compile(r"\bWEBMAIL_[A-Z_]+\b")


def _arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_every_base_image_is_pinned_to_a_patch_version():
    images = [line.split()[0] for line in _arguments("FROM")]
    images += [each["image"] for each in SERVICES.values() if "build" not in each]
    assert images
    for image in images:
        assert re.search(r":\d+\.\d+(\.\d+)?-", image), f"{image} may change under us"
        assert "latest" not in image


def test_the_image_runs_as_an_ordinary_user_and_hands_signals_on():
    assert _arguments("USER")[-1] == "hearth"
    assert json.loads(_arguments("ENTRYPOINT")[0]) == ["python", "-m", "start.one"]
    assert _arguments("WORKDIR")[-1].startswith("/")


def test_the_image_holds_only_locked_libraries_and_no_stray_file():
    assert not _arguments("ADD")
    for line in _arguments("RUN"):
        assert "sudo" not in line
        if "pip install" in line:
            assert "--require-hashes" in line
        assert "npm install" not in line
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"


def test_what_the_dockerfile_copies_exists():
    for line in _arguments("COPY"):
        words = [word for word in line.split() if not word.startswith("--")]
        if "--from=" in line:
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source


def test_no_secret_is_written_down():
    for line in _arguments("ENV") + _arguments("ARG"):
        assert not re.search(r"PASSWORD|SECRET|TOKEN|_KEY\b", line)
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if "PASSWORD" in name or "://hearth:" in str(value):
                assert "${HEARTH_DATABASE_PASSWORD:?" in value


def test_the_services_are_those_of_the_architecture():
    assert set(SERVICES) == {
        *("web", "worker", "send", "beat", "watcher", "migrate"),
        *("redis", "postgres", "caddy"),
    }


def test_only_caddy_can_be_reached_from_outside():
    published = {name for name, each in SERVICES.items() if each.get("ports")}
    assert published == {"caddy"}
    assert {"80:80", "443:443"} <= set(SERVICES["caddy"]["ports"])
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("redis", "postgres"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_our_containers_can_gain_no_rights():
    for name in OURS:
        service = SERVICES[name]
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name


def test_each_setting_in_the_files_is_one_that_is_read():
    read = set(SETTING.findall((ROOT / "webmail" / "settings.py").read_text()))
    read |= set(SETTING.findall((ROOT / "start" / "hearth.py").read_text()))
    named = set(SETTING.findall((ROOT / "docker-compose.yml").read_text() + DOCKERFILE))
    assert named <= read


def test_every_process_of_one_machine_is_a_service_here():
    here = {command[0] for command in OURS.values()}
    environment = {"WEBMAIL_DATA_DIR": "/data"}
    assert here == {*(each.name for each in processes(environment, web_workers=2)), "migrate"}


def test_caddy_hands_everything_to_web():
    words = (ROOT / "Caddyfile").read_text()
    assert "{$HEARTH_HOST} {" in words
    assert "reverse_proxy web:8000" in words
    assert words.count("{") == words.count("}")
    bind = next(line for line in _arguments("ENV") if "WEBMAIL_BIND" in line)
    assert "WEBMAIL_BIND=0.0.0.0:8000" in bind


def test_docker_itself_reads_the_compose_file():
    """Where the client has the compose command; it needs no engine for this."""
    docker = shutil.which("docker")
    asked = [docker, "compose", "version"]
    if docker is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        return
    environment = {**os.environ, "HEARTH_HOST": "mail.example.org", **_servers()}
    environment["HEARTH_DATABASE_PASSWORD"] = "only-for-this-test"
    done = subprocess.run(
        [docker, "compose", "config", "--quiet"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory, redis_server):
    """A data folder with its database, as `migrate` leaves it, and the settings to use it."""
    data = tmp_path_factory.mktemp("compose")
    settings = {
        **{name: word for name, word in os.environ.items() if not name.startswith("WEBMAIL_")},
        **_servers(),
        "WEBMAIL_DATA_DIR": str(data),
        "WEBMAIL_REDIS_URL": redis_server,
        "WEBMAIL_BIND": f"127.0.0.1:{free_port()}",
        "WEBMAIL_TRUSTED_PROXY": "10.213.7.0/24",
    }
    done = _run("migrate", settings)
    assert done.wait(60) == 0, done.stderr.read()
    done.stderr.close()
    return settings


@pytest.mark.slow
@pytest.mark.parametrize("service", [name for name in OURS if name != "migrate"])
def test_the_command_of_a_service_starts_stays_and_ends_on_sigterm(service, environment):
    with _run(*OURS[service], environment) as process:
        try:
            if service == "web":
                _wait_for_page(environment["WEBMAIL_BIND"], process)
            else:
                time.sleep(4)
            assert process.poll() is None, process.stderr.read()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) in (0, -signal.SIGTERM)
        finally:
            process.kill()


@pytest.mark.slow
def test_the_command_of_redis_is_one_that_redis_takes(tmp_path):
    port = free_port()
    _name, *options = SERVICES["redis"]["command"]
    command = [get_program("redis-server"), *options, "--port", str(port), "--dir", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        time.sleep(1)
        alive = server.poll() is None
        server.terminate()
        words = server.stdout.read().decode()
    assert alive, words
    assert "Ready to accept connections" in words


def _servers() -> dict[str, str]:
    return {
        "WEBMAIL_IMAP": "imaps://imap.example.org:993",
        "WEBMAIL_SUBMISSION": "submissions://smtp.example.org:465",
    }


def _run(name: str, settings: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "start.one", name],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for_page(bind: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(bind, timeout=5)
        try:
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
            return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError(f"nothing answered at {bind}")
