#!/bin/sh
# Makes .venv and node_modules complete; with --tests also what the browser tests need of the system.
# Quick when nothing changed. What is missing from the system is named in one sentence with the command that
# installs it; as root on Debian or Ubuntu that command is run.
set -eu
cd "$(dirname "$0")/.."

updated=no

need() { # need "what is missing" package...
    what=$1
    shift
    command="apt-get install -y --no-install-recommends $*"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "缺少${what}，正在运行：${command}"
        if [ "$updated" = no ]; then
            apt-get update -qq
            updated=yes
        fi
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive $command -qq >/dev/null
    else
        echo "缺少${what}，请运行：sudo ${command}" >&2
        return 1
    fi
}

find_python() {
    # The one in PATH may be a version manager's shim without an interpreter behind it, so each is tried.
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    if ! python=$(find_python); then
        need " Python 3.11 以上版本及其 venv" python3 python3-venv
        if ! python=$(find_python); then
            echo "缺少 Python 3.11 以上版本及其 venv，系统的软件源中没有，请自行安装。" >&2
            exit 1
        fi
    fi
    echo "建立 .venv（$("$python" --version)）……"
    rm -rf .venv
    "$python" -m venv .venv
}

# Programs in .venv name its path: a moved or copied folder, or changed pins, are seen by this stamp.
stamp=$(pwd; cat requirements.txt requirements-embedded.txt requirements-dev.txt)
if [ ! -f .venv/installed ] || [ "$(cat .venv/installed)" != "$stamp" ]; then
    if [ ! -f .venv/installed ] || [ "$(head -n 1 .venv/installed)" != "$(pwd)" ] || ! .venv/bin/python -c ''; then
        make_venv
    fi
    echo "安装 Python 依赖……"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
    .venv/bin/python -m pip check --quiet
    printf '%s\n' "$stamp" >.venv/installed
fi

if [ -f package.json ] && ! cmp -s package-lock.json node_modules/.installed-lock; then
    PATH="$(pwd)/.venv/bin:$PATH"
    new_enough='const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 18) ? 0 : 1)'
    if ! command -v npm >/dev/null || ! node -e "$new_enough" 2>/dev/null; then
        echo "系统没有 node 18.18 以上的 npm，装入 .venv……"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-node.txt
    fi
    echo "安装网页样式与检查工具（npm ci）……"
    npm ci --ignore-scripts --no-audit --no-fund --silent
    cp package-lock.json node_modules/.installed-lock
fi

[ "${1:-}" = --tests ] || exit 0

browser=no
for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$candidate" >/dev/null; then browser=yes; fi
done
missing=
packages=
if [ "$browser" = no ]; then
    missing="浏览器 Chromium"
    packages=chromium
fi
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.fonts" -iname '*CJK*' 2>/dev/null | head -n 1)" ]; then
    missing="${missing:+$missing、}中文字体"
    packages="$packages fonts-noto-cjk"
fi
if ! command -v soffice >/dev/null; then
    missing="${missing:+$missing、}LibreOffice"
    packages="$packages libreoffice-writer"
fi
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    need "$missing（测试用）" $packages
fi
