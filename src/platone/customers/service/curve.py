"""Curves of measured power: thinned, for those who may see the measurements."""

from dataclasses import dataclass
from itertools import groupby

from platone.customers.domain.curve import curve_of, lengthened_s, step_length_s
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.curve import CurveRecords
from platone.customers.service.registration import ReadPods
from platone.messages.curve import PowerCurve

MAX_STEPS = 100_000
"""Most steps in one answer: about 5 MB of JSON."""


@dataclass(frozen=True, slots=True)
class ReadCurves:
    """Shows measured power in equal steps."""

    curves: CurveRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection, most_steps: int) -> list[PowerCurve]:
        """Return the curve of each point of delivery of which something was measured.

        Raises:
            AnswerTooLarge: There are too many steps.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        step_s = step_length_s(wanted.to_s - wanted.from_s, most_steps)
        found = await self.curves.select(wanted, step_s, MAX_STEPS + 1)
        if (longer_s := lengthened_s(step_s, found)) > step_s:
            step_s = longer_s
            found = await self.curves.select(wanted, step_s, MAX_STEPS + 1)
        if len(found) > MAX_STEPS:
            raise AnswerTooLarge(f"More than {MAX_STEPS} steps match.", limit=MAX_STEPS)
        return [
            curve_of(pod_id, step_s, list(steps))
            for pod_id, steps in groupby(found, key=lambda each: each.pod_id)
        ]
