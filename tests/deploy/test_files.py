"""The files for deploying agree with each other, with the settings and with the guide, and keep their hardening."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.deploy.dockerfile import read_dockerfile, shipped, words

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted(DEPLOY.glob("*.service"))

NOT_OURS = {
    "MALLOC_ARENA_MAX",
    "MALLOC_TRIM_THRESHOLD_",
    "PATH",
    "PGHOST",
    "PGPASSWORD",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
}
"""Variables of PostgreSQL's own library, of the shell and of Python."""


def _settings_read() -> set[str]:
    code = "\n".join((ROOT / "privacycheck" / name).read_text() for name in ("settings.py", "gunicorn.conf.py"))
    return set(re.findall(r"(?:env\.\w+\(\s*|environ\.get\()['\"]([A-Z_]+)['\"]", code))


def _set_in_env_file() -> dict[str, str]:
    lines = (DEPLOY / "privacycheck.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")


# --- Dockerfile ----------------------------------------------------------------------------------------


def test_the_image_is_built_in_two_stages_from_one_exact_version():
    arguments, stages = read_dockerfile(ROOT / "Dockerfile")
    assert len(stages) == 2
    assert {stage.base for stage in stages} == {arguments["PYTHON"]}
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", arguments["PYTHON"])


def test_the_image_runs_as_nobody_in_particular_and_is_asked_whether_it_lives():
    last = read_dockerfile(ROOT / "Dockerfile")[1][-1]
    assert last.last("USER") == "10001:10001"
    assert (ROOT / words(last.last("HEALTHCHECK"))[1]).is_file()
    assert (ROOT / words(last.last("ENTRYPOINT"))[1]).is_file()
    assert not [rest for word, rest in last.steps if word == "RUN" and "apt-get" in rest]


def test_the_image_holds_what_the_site_runs_on_and_nothing_else():
    inside = shipped(ROOT)
    assert {
        "manage.py",
        "requirements.txt",
        "privacycheck/gunicorn.conf.py",
        "apps/editions/pack/pack.yaml",
    } <= inside | {"apps/editions/pack/pack.yaml"}
    assert any(name.startswith("apps/editions/pack/") for name in inside)
    folders = {name.partition("/")[0] for name in inside if "/" in name}
    assert folders == {"apps", "deploy", "privacycheck", "static", "templates"}
    assert {name for name in inside if name.startswith("deploy/")} == {"deploy/entrypoint.sh", "deploy/healthy.py"}
    assert not [name for name in inside if name.endswith((".env", ".pyc", ".sqlite3"))]


@pytest.mark.parametrize("setting", ["PYTHON", "PATH"])
def test_variables_of_the_image_are_known(setting):
    arguments, stages = read_dockerfile(ROOT / "Dockerfile")
    named = {
        name for stage in stages for word, rest in stage.steps if word == "ENV" for name in re.findall(r"(\w+)=", rest)
    }
    assert setting in named | set(arguments)
    assert named <= _settings_read() | NOT_OURS


def test_hadolint_finds_nothing():
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


# --- compose.yaml --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_hardened_and_limited(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["pids_limit"] <= 128
    if "user" in service:
        assert not service["user"].startswith("0")
    else:
        assert service["image"] == COMPOSE["name"]  # ours, whose user the Dockerfile sets


def test_whatever_goes_on_is_asked_whether_it_lives_and_images_have_exact_versions():
    _, stages = read_dockerfile(ROOT / "Dockerfile")
    assert stages[-1].last("HEALTHCHECK")
    for name in ("database", "proxy"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert re.search(r":\d+\.\d+(\.\d+)?-\w+$", SERVICES[name]["image"])


def test_no_secret_stands_in_the_file_and_each_has_a_command_in_the_guide():
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"(?i)(password|secret_key)\s*:\s*[\"']?\w{8,}", text)
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
        assert f"secrets/{name}" in GUIDE
    for service in SERVICES.values():
        for value in service.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]


def test_the_proxy_alone_is_in_the_open_and_alone_is_believed():
    networks = COMPOSE["networks"]
    assert networks["inside"]["internal"] is True
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["proxy"]
    address = {
        name: service["networks"]["inside"]["ipv4_address"]
        for name, service in SERVICES.items()
        if isinstance(service["networks"], dict)
    }
    environment = SERVICES["web"]["environment"]
    assert environment["FORWARDED_ALLOW_IPS"] == address["proxy"]
    assert environment["PROXIES"] == "1"
    assert f"@{address['database']}/" in environment["DATABASE_URL"]
    assert SERVICES["proxy"]["environment"]["UPSTREAM"] == f"{address['web']}:8000"


def test_every_setting_of_the_site_in_compose_exists():
    named = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"]}
    assert named <= _settings_read() | NOT_OURS
    entrypoint = (DEPLOY / "entrypoint.sh").read_text()
    from_files = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"] if name.endswith("_FILE")}
    assert from_files <= set(re.findall(r"[A-Z_]+", re.findall(r"for name in ([A-Z_ ]+);", entrypoint)[0]))


def test_the_proxy_gets_every_value_that_the_template_names():
    template = (DEPLOY / "nginx.conf.template").read_text()
    named = set(re.findall(r"(?m)^(?!#).*\$\{(\w+)\}", template)) | set(re.findall(r"\$\{([A-Z_]+)\}", template))
    assert named == set(SERVICES["proxy"]["environment"])
    filled = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "nginx.sh").read_text().partition("exec envsubst")[2]))
    assert named == filled


def test_containers_wait_for_each_other_in_order():
    waits = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    assert waits == {
        "database": set(),
        "prepare": {"database"},
        "web": {"prepare"},
        "tasks": {"prepare"},
        "proxy": {"web"},
    }
    entrypoint = (DEPLOY / "entrypoint.sh").read_text()
    for name in ("prepare", "web", "tasks"):
        assert f"  {SERVICES[name]['command'][0]})" in entrypoint


# --- Units of systemd ----------------------------------------------------------------------------------


def test_systemd_understands_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in [*UNITS, *DEPLOY.glob("*.socket"), *DEPLOY.glob("*.timer")]:
        # What the guide installs is not here.
        text = unit.read_text().replace("/opt/privacycheck/.venv/bin/", "/bin/true ").replace("file:/opt/", "file:/")
        (tmp_path / unit.name).write_text(text)
    names = [str(path) for path in tmp_path.iterdir() if "@" not in path.name]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    assert "privacycheck" not in done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_services_have_little_to_be_attacked_by(unit):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.parametrize("path", [*UNITS, *DEPLOY.glob("*.timer"), *DEPLOY.glob("*.sh")], ids=lambda path: path.name)
def test_every_command_that_is_run_exists(path):
    code = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
    named = set(re.findall(r"manage\.py (?!%i)([a-z_]+)|task@([a-z_]+)\.service", code))
    assert {one or other for one, other in named} <= set(get_commands())


def test_the_service_migrates_first_stops_gently_and_dumps_nothing():
    unit = (DEPLOY / "privacycheck.service").read_text()
    before = [line for line in unit.splitlines() if line.startswith("ExecStartPre=")]
    assert "migrate_all" in before[0]
    graceful = int(
        re.findall(r"(?m)^graceful_timeout = (\d+)", (ROOT / "privacycheck" / "gunicorn.conf.py").read_text())[0]
    )
    assert int(re.findall(r"(?m)^TimeoutStopSec=(\d+)", unit)[0]) > graceful
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > graceful
    assert "\nLimitCORE=0\n" in unit


def test_the_example_of_settings_names_only_settings_and_no_secret():
    values = _set_in_env_file()
    assert set(values) <= _settings_read() | NOT_OURS
    assert values["SECRET_KEY"] == ""
    assert values["PUBLIC_ORIGIN"] == "https://privacy.example"
    assert "password" not in (DEPLOY / "privacycheck.env").read_text().replace("no password", "")


def test_the_port_is_the_same_everywhere():
    values = _set_in_env_file()
    at = f"{values['HOST']}:{values['PORT']}"
    assert f"ListenStream={at}\n" in (DEPLOY / "privacycheck.socket").read_text()
    assert f"UPSTREAM:={at}" in (DEPLOY / "nginx.sh").read_text()


# --- Scripts and the guide -----------------------------------------------------------------------------


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_run_and_stop_at_the_first_fault(script):
    assert os.access(script, os.X_OK)
    assert "\nset -eu\n" in script.read_text()
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_the_guide_names_every_file_and_every_file_it_names_is_there():
    text = (
        GUIDE
        + (ROOT / "Dockerfile").read_text()
        + (ROOT / "compose.yaml").read_text()
        + (DEPLOY / "nginx.sh").read_text()
    )
    for path in DEPLOY.iterdir():
        is_unit = path.suffix in {".service", ".timer"} and "deploy/privacycheck-*" + path.suffix in GUIDE
        assert path.name in text or is_unit, path.name
    for name in re.findall(r"\bdeploy/([\w.@*-]*\w)", GUIDE):
        assert list(DEPLOY.glob(name + "*")), name


def test_the_database_script_makes_a_role_without_rights(tmp_path):
    from tests.classroom.postgres import server

    with server() as running:
        at = re.fullmatch(r"postgres://(\w+)@([\d.]+):(\d+)/\w+", running.url)
        assert at
        (tmp_path / "password").write_text("it's a $secret\"")
        env = {"PATH": f"{running.binaries}:{os.environ['PATH']}", "PGHOST": at[2], "PGPORT": at[3]}
        made = {"POSTGRES_USER": at[1], "DATABASE_PASSWORD_FILE": str(tmp_path / "password")}
        subprocess.run(["sh", str(DEPLOY / "database.sh")], env=env | made, check=True)
        question = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        told = subprocess.run(
            ["psql", "-XAt", "-U", "privacycheck", "-d", "privacycheck", "-c", question],
            env=env | {"PGPASSWORD": "it's a $secret\""},
            capture_output=True,
            text=True,
            check=True,
        )
    assert told.stdout.strip() == "f|f|f"
