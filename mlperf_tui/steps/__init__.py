"""The step protocol: a training loop says here when a step ended. Standard library, Python 3.9, torch only if loaded.

    from mlperf_tui.steps import Steps

    steps = Steps(samples_per_step=64)
    for images, labels in steps.over(loader):
        loss = train(images, labels)
        steps.end(loss=loss, lr=lr)

Without a session (no MLPERF_TUI_STEPS in the environment) every call returns at once. Nothing here ever raises into
training, waits for a reader, or waits for the GPU: a line that can't be written is lost, and shows as a gap in `n`.
Only in an experiment that takes turns (MLPERF_TUI_TURN) a process waits between steps; no step's time counts that.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple, TypeVar

from mlperf_tui.steps.cuda import CudaClock
from mlperf_tui.steps.facts import boot_id, hostname, identity, let_recorder_look, torch_facts
from mlperf_tui.steps.lines import late_line, sayable
from mlperf_tui.steps.turn import ENDLESS, Turn, settle

T = TypeVar("T")

CLOCK_EVERY_NS = 60_000_000_000


class Steps:
    """One process's steps, written to a file of its own in the session.

    `samples_per_step` is what one `end()` of this rank stands for when it isn't told; `facts` are fields of the About
    record (`precision`, `parameters`, `target`, …).
    """

    def __init__(self, samples_per_step: Optional[int] = None, **facts: Any) -> None:
        self._samples = samples_per_step
        self._facts: Dict[str, Any] = dict(facts, samples_per_step=samples_per_step)
        self._said_about = False
        self._n = 0
        self._data_ns: Optional[int] = None
        self._gpu: Optional[CudaClock] = None
        self._gpu_asked = False
        self._torn = ""
        self._exchange_ns: Optional[int] = None
        self._exposed_s: Optional[float] = None
        self._turn = Turn.of_environment()
        self._until = ENDLESS if self._turn is None else 0
        self._fd = _open_own_file(identity()["rank"])
        self._since = time.monotonic_ns()
        self._next_clock = 0
        if self._fd is not None:
            let_recorder_look()
            self._clock(self._since)
            os.register_at_fork(after_in_child=self._forget)
            atexit.register(self.close)

    def over(self, batches: Iterable[T]) -> Iterator[T]:
        """The same batches, with the wait for each one timed. What lies between two such loops is no step's time."""
        if self._fd is None:
            yield from batches
            return
        self._wait_for_turn()
        self._begin()
        iterator = iter(batches)
        asked = self._since
        while True:
            try:
                batch = next(iterator)
            except StopIteration:
                return
            self._data_ns = (self._data_ns or 0) + time.monotonic_ns() - asked
            yield batch
            asked = time.monotonic_ns()

    def end(
        self,
        samples: Optional[int] = None,
        loss: Any = None,
        lr: Optional[float] = None,
        grad_norm: Any = None,
        loss_scale: Any = None,
        skipped: Optional[bool] = None,
    ) -> None:
        """A step ended, on the host. `loss`, `grad_norm` and `loss_scale` may be tensors: on a GPU they are read later.

        A fall of `loss_scale` says that the step was skipped, when `skipped` isn't told.
        """
        if self._fd is None:
            return
        t = time.monotonic_ns()
        if t >= self._next_clock:
            self._clock(t)
        if not self._said_about:
            self.about()
        line = self._step_line(t, self._samples if samples is None else samples)
        self._since = t
        values = (loss, grad_norm, loss_scale)
        try:
            late = self._late(t, values, lr, skipped)
        except Exception:  # noqa: BLE001  whatever torch raises here, training must not see it
            self._gpu = None
            late = ""
        self._write(line + late)
        self._n += 1
        if self._n >= self._until:
            timed_loop = self._data_ns is not None
            self._wait_for_turn()
            self._begin()
            self._data_ns = 0 if timed_loop else None

    def allreduce_start(self) -> None:
        """Of this step only the exchange of gradients with other ranks is left; may come from autograd's thread."""
        if self._fd is None or not self._gpu_asked:
            return
        try:
            if self._gpu is not None:
                self._gpu.allreduce_start()
            else:
                self._exchange_ns = time.monotonic_ns()
        except Exception:  # noqa: BLE001  whatever torch raises here, training must not see it
            self._gpu = None

    def allreduce_stop(self) -> None:
        """That exchange is done: on a GPU, whatever was put into the stream. Without a start it says nothing."""
        if self._fd is None:
            return
        try:
            if self._gpu is not None:
                self._gpu.allreduce_stop()
            elif self._exchange_ns is not None:
                self._exposed_s = (time.monotonic_ns() - self._exchange_ns) / 1e9
                self._exchange_ns = None
        except Exception:  # noqa: BLE001  as above
            self._gpu = None

    def mark(self, key: str, value: Any = None, **metadata: Any) -> None:
        """An event by MLPerf's name, such as `mark("eval_accuracy", 0.75, epoch_num=3)`."""
        if self._fd is not None:
            self._record("mark", {"t": time.monotonic_ns(), "key": key, "value": value, "metadata": metadata})

    def about(self, **facts: Any) -> None:
        """What this rank is and trains; called again, it adds to what was said. The fields are the About record's."""
        if self._fd is None:
            return
        self._said_about = True
        self._facts.update(facts)
        known = {**identity(), "pid": os.getpid(), **torch_facts(), **self._facts}
        self._record("about", {key: value for key, value in known.items() if value is not None})

    def release(self) -> None:
        """Wait for no turn any more: the run is to end. May be called by a signal's handler."""
        if self._turn is not None:
            self._turn.released = True

    def close(self) -> None:
        """Write what the GPU still owes, for at most a second, and close the file."""
        if self._fd is None:
            return
        try:
            self._write("".join(self._gpu.rest(time.monotonic_ns() + 1_000_000_000)) if self._gpu else "")
        except Exception:  # noqa: BLE001  a broken CUDA context must not hide the error that broke it
            self._gpu = None
        fd, self._fd = self._fd, None
        try:
            os.close(fd)
        except OSError:
            return

    def _wait_for_turn(self) -> None:
        if self._turn is None or self._n < self._until:
            return
        if not self._said_about:
            self.about()
        try:
            settle()
            self._write("".join(self._gpu.rest(time.monotonic_ns() + 1_000_000_000)) if self._gpu else "")
        except Exception:  # noqa: BLE001  whatever torch raises here, training must not see it
            self._gpu = None
        self.mark("turn_wait")
        self._until = self._turn.wait(self._n)
        self.mark("turn_start")

    def _begin(self) -> None:
        self._since = time.monotonic_ns()
        self._data_ns = 0
        if self._gpu is not None:
            self._gpu.begin()

    def _step_line(self, t: int, samples: Optional[int]) -> str:
        spent = t - self._since
        told = "" if samples is None else f',"samples":{samples}'
        waited = self._data_ns
        if waited is None:
            return f'{{"step":{{"t":{t},"n":{self._n}{told},"host_s":{spent // 1000}e-6}}}}\n'
        self._data_ns = 0
        host_us, data_us = (spent - waited) // 1000, waited // 1000
        return f'{{"step":{{"t":{t},"n":{self._n}{told},"data_s":{data_us}e-6,"host_s":{host_us}e-6}}}}\n'

    def _late(self, t: int, values: Tuple[Any, ...], lr: Optional[float], skipped: Optional[bool]) -> str:
        if not self._gpu_asked:
            self._gpu_asked = True
            self._gpu = CudaClock.if_used()
        if self._gpu is not None:
            return "".join(self._gpu.end(t, self._n, values, lr, skipped))
        loss, grad_norm, loss_scale = values
        exposed_s, self._exposed_s = self._exposed_s, None
        # By identity: a tensor's == is an operation of torch's, and costs more than all the rest.
        told = (loss, grad_norm, loss_scale, lr, skipped, exposed_s)
        if all(value is None for value in told):
            return ""
        numbers = (_plain(loss), _plain(grad_norm), _plain(loss_scale))
        return late_line(self._n, None, numbers, lr, skipped, None, exposed_s)

    def _clock(self, t: int) -> None:
        self._next_clock = t + CLOCK_EVERY_NS
        self._record("clock", {"t": t, "wall_ns": time.time_ns(), "host": hostname(), "boot_id": boot_id()})

    def _record(self, name: str, body: Dict[str, Any]) -> None:
        try:
            self._write(json.dumps({name: sayable(body)}, separators=(",", ":"), default=str) + "\n")
        except (TypeError, ValueError):
            return

    def _write(self, lines: str) -> None:
        if self._fd is None or not lines:
            return
        data = (self._torn + lines).encode()
        try:
            written = os.write(self._fd, data)
        except OSError:
            return
        self._torn = "" if written == len(data) else "\n"

    def _forget(self) -> None:
        """In a forked child (a loader's worker): this file is its parent's.

        The CUDA events stay where they are: to free them in a child ends it, since CUDA does not survive a fork.
        """
        self._fd = None
        let_recorder_look()


def _plain(value: Any) -> Any:
    """A tensor on the CPU as a number."""
    return value.item() if hasattr(value, "item") else value


def _open_own_file(rank: int) -> Optional[int]:
    """A new file of this process's own in the session, or None without a session or without the means to write."""
    directory = os.environ.get("MLPERF_TUI_STEPS")
    if not directory:
        return None
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    for restart in range(10_000):
        try:
            return os.open(Path(directory) / f"steps-{rank}-{restart}.jsonl", flags, 0o600)
        except FileExistsError:
            continue
        except OSError:
            return None
    return None
