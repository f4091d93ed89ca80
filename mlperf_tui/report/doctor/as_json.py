"""The findings for a program: names that others may rely on."""

from __future__ import annotations

import json
from dataclasses import asdict

from mlperf_tui.report.doctor.finding import Diagnosis

FORMAT = 1


def to_json(found: Diagnosis) -> str:
    """One object. `topology.matrix` has a row and a column for each of `topology.gpus`, in their order."""
    document = {
        "format": FORMAT,
        "findings": [asdict(finding) for finding in found.findings],
        "topology": {"gpus": [asdict(spot) for spot in found.spots], "matrix": found.ways},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
