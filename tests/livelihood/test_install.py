"""scripts/install.sh where something of the system is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ["sh", "cat", "dirname", "head"]


@pytest.fixture
def folder(tmp_path):
    """A folder whose .venv is complete, on a machine where only TOOLS are found and the user is not root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))
    for name, text in {"id": "echo 1000", "find": ":"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "app" / "scripts").mkdir(parents=True)
    shutil.copy2(ROOT / "scripts" / "install.sh", tmp_path / "app" / "scripts")
    lists = ["requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"]
    (tmp_path / "app" / ".venv").mkdir()
    for name in lists:
        shutil.copy2(ROOT / name, tmp_path / "app")
    text = "".join((ROOT / name).read_text() for name in lists)
    (tmp_path / "app" / ".venv" / "installed").write_text(f"{tmp_path / 'app'}\n{text}")
    return tmp_path / "app"


def install(folder, *arguments):
    """Run the script and return (exit code, last line of stderr)."""
    environ = {"PATH": str(folder.parent / "bin"), "HOME": str(folder.parent)}
    command = ["sh", "scripts/install.sh", *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


def test_complete_folder_installs_nothing(folder):
    assert install(folder) == (0, "")


def test_missing_browser_fonts_and_office_are_named_in_one_sentence_with_the_command(folder):
    code, sentence = install(folder, "--tests")

    assert code == 1
    assert sentence == (
        "缺少浏览器 Chromium、中文字体、LibreOffice（测试用），请运行："
        "sudo apt-get install -y --no-install-recommends chromium fonts-noto-cjk libreoffice-writer"
    )
