"""What is launched: sessions and experiments, each with a detached process of its own that outlives this one."""

from mlperf_tui.launch.arms import Factor as Factor
from mlperf_tui.launch.arms import with_seed as with_seed
from mlperf_tui.launch.detached import wait as wait
from mlperf_tui.launch.experiment import ARGVS as ARGVS
from mlperf_tui.launch.experiment import AbRequest as AbRequest
from mlperf_tui.launch.experiment import continue_experiment as continue_experiment
from mlperf_tui.launch.experiment import launch_experiment as launch_experiment
from mlperf_tui.launch.experiment import stop_experiment as stop_experiment
from mlperf_tui.launch.planning import Request as Request
from mlperf_tui.launch.planning import plan as plan
from mlperf_tui.launch.planning import program_name as program_name
from mlperf_tui.launch.session import ON_END as ON_END
from mlperf_tui.launch.session import dump as dump
from mlperf_tui.launch.session import ensure_recorded as ensure_recorded
from mlperf_tui.launch.session import launch as launch
from mlperf_tui.launch.session import start as start
from mlperf_tui.launch.session import stop as stop
