"""Papers as .pdf, by LibreOffice: one office process at a time on a machine, many papers in one run.

The office has a profile of its own under VAR, so that it neither meets somebody's open Writer nor another copy of the
product. Whoever converts holds a lock on that profile; what a killed worker left running there is ended first.
"""

import errno
import fcntl
import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from livelihood.services import Refused

INSTALL = "sudo apt-get install -y --no-install-recommends libreoffice-writer fonts-noto-cjk"
PROGRAMS = ("soffice", "libreoffice")
#: Seconds for the start of the office and for each paper; the lease of a job is renewed meanwhile.
START_SECONDS, PAPER_SECONDS = 60, 30
#: How long to wait for another worker's papers.
WAIT_SECONDS = 180
#: Below this many free bytes a failed conversion is put down to the disk.
LITTLE_ROOM = 20 * 2**20
#: Fonts a paper names, and what LibreOffice takes where they are missing, the nearest first.
_SONG = ("SimSun", "Noto Serif CJK SC", "Source Han Serif SC")
STAND_INS = {
    "方正小标宋简体": ("方正小标宋_GBK", "FZXiaoBiaoSong-B05S", *_SONG),
    "仿宋_GB2312": ("仿宋", "FangSong", *_SONG),
    "楷体_GB2312": ("楷体", "KaiTi", "AR PL UKai CN", *_SONG),
    "黑体": ("SimHei", "Noto Sans CJK SC", "Source Han Sans SC"),
    "宋体": _SONG,
    "Times New Roman": ("Liberation Serif", "Tinos", "Noto Serif CJK SC"),
}
#: The title's font is heavy by itself.
BOLD_FONTS = ("方正小标宋简体",)
_BOLD = "<edit name='weight' mode='assign' binding='strong'><const>bold</const></edit>"
_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


class OfficeMissing(Refused):
    """There is no LibreOffice on this machine; the .docx works without."""

    def __init__(self):
        super().__init__(f"这台服务器没有安装 LibreOffice，不能生成 .pdf；.docx 可以照常下载。请管理员运行：{INSTALL}")


class PdfFailed(Refused):
    """LibreOffice gave no whole .pdf; nothing of it is kept."""


def pdf_files(papers: list[bytes]) -> list[bytes]:
    """Return each .docx as a .pdf, in order, by one run of LibreOffice.

    Raises OfficeMissing, or PdfFailed with a sentence: out of time, ended from outside, disk full, no pages.
    """
    if not papers:
        return []
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise OfficeMissing
    try:
        with _office() as folder, tempfile.TemporaryDirectory(prefix="batch-", dir=folder) as scratch:
            return _converted(program, folder, Path(scratch), papers)
    except OSError as error:
        raise _failed(error) from error


def pdf_bytes(paper: bytes) -> bytes:
    """Return one .docx as a .pdf."""
    return pdf_files([paper])[0]


def office_is_busy() -> bool:
    """Tell whether papers are being converted on this machine now."""
    lock = Path(settings.VAR_DIR) / "office" / "lock"
    if not lock.exists():
        return False
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def page_count(pdf: bytes) -> int:
    """Return how many pages a .pdf of LibreOffice says it has; 0 where it is none or not whole."""
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-64:]:
        return 0
    return max((int(one or other) for one, other in _PAGES.findall(pdf)), default=0)


def _converted(program: str, folder: Path, scratch: Path, papers: list[bytes]) -> list[bytes]:
    sources = [scratch / f"{number}.docx" for number in range(len(papers))]
    for source, paper in zip(sources, papers, strict=True):
        source.write_bytes(paper)
    made = scratch / "pdf"
    _run_office(program, folder, scratch, sources, made)
    found = []
    for source in sources:
        target = made / f"{source.stem}.pdf"
        pdf = target.read_bytes() if target.exists() else b""
        if not page_count(pdf):
            raise _failed(folder=folder)
        found.append(pdf)
    return found


def _run_office(program: str, folder: Path, scratch: Path, sources: list[Path], made: Path) -> None:
    """Convert in a process group of its own, which is ended as a whole when the time is up."""
    profile = (folder / "profile").as_uri()
    command = [
        *(program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo", "--nodefault"),
        *("--nolockcheck", "--nofirststartwizard", "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(made)),
        *map(str, sources),
    ]
    # Its scratch files lie with ours, and no setting of the person who started the worker is read.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(scratch), "TMPDIR": str(scratch)}
    environment |= {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    environment["FONTCONFIG_FILE"] = str(_font_settings(folder))
    with (scratch / "said").open("wb") as said:
        office = subprocess.Popen(  # noqa: S603 - the program found on PATH, arguments of our own
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True
        )
        (folder / "group").write_text(leader(office.pid))
        try:
            code = office.wait(START_SECONDS + PAPER_SECONDS * len(sources))
        except subprocess.TimeoutExpired:
            raise PdfFailed(
                "LibreOffice 没有在限定时间内生成 .pdf，已经停止。请稍后重新生成；.docx 不受影响。"
            ) from None
        finally:
            _end_group(office.pid)
            office.wait()
    if code < 0 or code > 128:
        raise PdfFailed("LibreOffice 在生成 .pdf 时被中断。请重新生成；.docx 不受影响。")


def _font_settings(folder: Path) -> Path:
    """Write what stands in for the licensed fonts where they are not installed: a font of the same kind."""
    settings_file = folder / "fonts.conf"
    choices = "".join(
        f"<match><test name='family'><string>{name}</string></test>"
        f"<edit name='family' mode='append' binding='strong'>{''.join(f'<string>{font}</string>' for font in fonts)}"
        f"</edit>{_BOLD if name in BOLD_FONTS else ''}</match>"
        for name, fonts in STAND_INS.items()
    )
    settings_file.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'>"
        f"<fontconfig><include ignore_missing='yes'>/etc/fonts/fonts.conf</include>{choices}</fontconfig>"
    )
    return settings_file


@contextmanager
def _office() -> Iterator[Path]:
    """Hold the office of this machine: its folder, with nothing running in it and nothing left lying."""
    folder = Path(settings.VAR_DIR) / "office"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        _wait_for(lock)
        _end_leftover(folder)
        for left in folder.glob("batch-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder


def _wait_for(lock) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise PdfFailed("前面还有文件在生成 .pdf，等候超时。请稍后重新生成。") from None
            time.sleep(0.1)


def _end_leftover(folder: Path) -> None:
    """End what a worker that was killed had started: a group whose leader is still the same process."""
    with suppress(OSError, ValueError):
        noted = (folder / "group").read_text()
        group = int(noted.split()[0])
        if noted == leader(group):
            _end_group(group)
    (folder / "group").unlink(missing_ok=True)


def leader(process: int) -> str:
    """Return what tells a process from any other: its number, its machine, when it began there. "" if it has ended."""
    try:
        began = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
    return f"{process} {platform.node()} {began}"


def _end_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _failed(error: OSError | None = None, *, folder: Path | None = None) -> PdfFailed:
    """Say why there is no .pdf: the disk, as far as can be seen, or the paper."""
    is_full = error is not None and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if folder is not None:
        is_full = shutil.disk_usage(folder).free < LITTLE_ROOM
    if is_full:
        return PdfFailed("磁盘空间不足，.pdf 没有生成。请管理员清理磁盘后重新生成。")
    if error is not None:
        return PdfFailed(f"不能启动 LibreOffice 或写入工作目录（{error.strerror or error}），.pdf 没有生成。")
    return PdfFailed("LibreOffice 没有生成完整的 .pdf。请重新生成；仍不行请下载 .docx 另存，并告诉系统管理员。")
