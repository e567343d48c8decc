"""A/B tests: who is in which arm, and what the arms are worth. Plain functions over plain values.

`python -m vitrine.experiments` computes the results of those that run, out of the published marts.
"""

from vitrine.experiments.judging import Judgement, Metric, Outcome, Row, Verdict, judge, people_for
from vitrine.experiments.splitting import Arm, Experiment, Exposure, Model, arm_of, first_of, running

__all__ = [
    "Arm",
    "Experiment",
    "Exposure",
    "Judgement",
    "Metric",
    "Model",
    "Outcome",
    "Row",
    "Verdict",
    "arm_of",
    "first_of",
    "judge",
    "people_for",
    "running",
]
