"""One rank slowed, one rank killed: python -m tests.bench.several.ranks FOLDER GPUS [SECONDS].

ResNet-50 on so many GPUs, or on the CPU where there is none. The slow rank is held for half of each fifth of a
second; the other run's last rank is killed. Prints what the screen shows meanwhile, the summaries, and what is left of
the runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from tests.bench.several.picture import picture

TOOL = (sys.executable, "-P", "-m", "mlperf_tui")
HELD_S, FREE_S = 0.1, 0.1
SIZES = ((120, 36), (160, 48))


def main(folder: Path, gpus: int, seconds: float) -> None:
    """Both, one after the other."""
    for name, harm in (("slowed", slow), ("killed", kill)):
        print(f"\n== {name}", flush=True)
        session = started(folder, gpus, name)
        rank = last_rank(folder, session, gpus)
        time.sleep(seconds)
        over = threading.Event()
        work = threading.Thread(target=harm, args=(rank, over))
        work.start()
        time.sleep(seconds if name == "slowed" else 3.0)
        for columns, lines in SIZES:
            print(picture(folder, session, columns, lines), flush=True)
        over.set()
        work.join()
        ended(folder, session)


def started(folder: Path, gpus: int, name: str) -> str:
    """The id of a run that goes on in the background."""
    how = ["--scale=reference", "--batch=256"] if shutil.which("nvidia-smi") else ["--scale=tiny"]
    words = [*TOOL, "--sessions", str(folder), "run", "resnet50", *how, "--data=synthetic", f"--gpus={gpus}"]
    more = ["--minutes=5", "--name", name, "--detach"]
    return subprocess.run([*words, *more], capture_output=True, text=True, check=True).stdout.split()[-1]


def last_rank(folder: Path, session: str, gpus: int) -> int:
    """Its pid, once every rank has taken steps."""
    for _ in range(600):
        files = sorted((folder / session).glob("steps-*-0.jsonl"))
        if len(files) == gpus and all(file.stat().st_size > 2000 for file in files):
            break
        time.sleep(0.2)
    ours = [one for one in psutil.process_iter(["environ"]) if session in str((one.info["environ"] or {}).values())]
    [rank] = [one.pid for one in ours if one.info["environ"].get("RANK") == str(gpus - 1) and _is_first(one, ours)]
    return int(rank)


def _is_first(one: psutil.Process, ours: list[psutil.Process]) -> bool:
    """Whether it is the rank itself and none of its loaders: its parent has no rank."""
    ranked = {other.pid for other in ours if other.info["environ"].get("RANK")}
    return one.ppid() not in ranked


def slow(pid: int, over: threading.Event) -> None:
    """Hold it for half of the time."""
    while not over.is_set():
        os.kill(pid, signal.SIGSTOP)
        time.sleep(HELD_S)
        os.kill(pid, signal.SIGCONT)
        time.sleep(FREE_S)


def kill(pid: int, _over: threading.Event) -> None:
    """Once."""
    os.kill(pid, signal.SIGKILL)


def ended(folder: Path, session: str) -> None:
    """Stop what still runs; the summary, and which processes are left."""
    tool = [*TOOL, "--sessions", str(folder)]
    subprocess.run([*tool, "stop", session], check=False)
    time.sleep(2)
    print(subprocess.run([*tool, "summary", session], capture_output=True, text=True, check=False).stdout, flush=True)
    left = [one for one in psutil.process_iter(["environ"]) if session in str((one.info["environ"] or {}).values())]
    print(f"processes left: {[(one.pid, one.name()) for one in left] or 'none'}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 15.0)
