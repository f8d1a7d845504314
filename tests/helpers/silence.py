"""A command run in an empty home: what it left there, what it wrote elsewhere, what it asked of the network."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from poseprint.estimation.model_files import ENVIRONMENT, models_dir

SENDING = ("connect", "sendto", "sendmsg", "sendmmsg")
"""Calls that the recorder lets fail: not even a test that fails sends anything."""
WRITING = ("open", "openat", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat")
FAST = ("-f", "-qq", "--seccomp-bpf")
OURS = (".cache/poseprint", ".cache")
"""What may be in the home."""


@cache
def recorder() -> str:
    """The path of strace; empty where there is none or it may not trace."""
    path = shutil.which("strace")
    works = path and subprocess.run([path, *FAST, "-o", os.devnull, "true"], capture_output=True, check=False)
    return path if path and works and not works.returncode else ""


@dataclass
class Recorded:
    """Python, started on something in an empty home, and recorded where that can be done."""

    words: Sequence[object]
    folder: Path
    home: Path

    def __post_init__(self) -> None:
        temporary, self.trace = self.home.with_name("temporary"), self.home.with_name("trace")
        for made in (self.home, temporary):
            made.mkdir()
        around = {
            k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MPL", "ORT_", "TORCH", "POSEPRINT_CACHE"))
        }
        around |= {"HOME": str(self.home), "TMPDIR": str(temporary), ENVIRONMENT: str(models_dir())}
        calls = f"trace={','.join(('socket', *SENDING, *WRITING))}"
        refused = f"inject={','.join(SENDING)}:error=ENETUNREACH"
        watch = [recorder(), *FAST, "-o", str(self.trace), "-e", calls, "-e", refused] if recorder() else []
        self.process = subprocess.Popen(
            [*watch, sys.executable, *map(str, self.words)],
            cwd=self.folder,
            env=around,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def end(self) -> tuple[int, str]:
        """Exit code and what it printed."""
        printed, _ = self.process.communicate(timeout=300)
        return self.process.returncode, printed

    def kill(self) -> None:
        """End it and what it started at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def left_at_home(self) -> list[str]:
        """Files and folders in the home, but for our cache."""
        names = sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*"))
        return [name for name in names if name not in OURS and not name.startswith(f"{OURS[0]}/")]

    def sockets(self) -> list[str]:
        """Calls that ask something of the network; who asks this machine's name service cache asks nothing of it."""
        calls = [line for line in self._calls() if re.search(rf"\b(socket|{'|'.join(SENDING)})\(", line)]
        return [c for c in calls if not re.search(r'socket\(AF_UNIX|connect\(.*"/var/run/nscd/socket"', c)]

    def written_elsewhere(self) -> list[str]:
        """Paths written to outside the working folder, the temporary one, our cache and Python's own of bytecode."""
        paths = []
        for line in self._calls():
            call = re.search(rf'\b({"|".join(WRITING)})\(.*?"(/[^"]*)"(.*)', line)
            if (
                call
                and " = -1" not in line
                and (call[1] not in ("open", "openat") or re.search("O_WRONLY|O_RDWR", call[3]))
            ):
                paths.append(call[2])
        allowed = (*(f"{folder}/" for folder in (self.folder, self.home.parent)), "/dev/", "/proc/")
        return [p for p in paths if not p.startswith(allowed) and "/__pycache__" not in p]

    def _calls(self) -> list[str]:
        return self.trace.read_text(errors="replace").splitlines() if self.trace.exists() else []
