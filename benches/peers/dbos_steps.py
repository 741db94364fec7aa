"""Milliseconds for each step of a DBOS workflow on SQLite: `dbos_steps.py FOLDER STEPS [PARALLEL]`.

The steps do nothing and follow each other; with PARALLEL, so many workflows of STEPS / PARALLEL steps run at once.
"""

import logging
import sys
import time

from dbos import DBOS

folder, steps = sys.argv[1], int(sys.argv[2])
parallel = int(sys.argv[3]) if len(sys.argv) > 3 else 1
DBOS(config={
    "name": "steps",
    "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
    "run_admin_server": False,
    "log_level": "ERROR",
})


@DBOS.step()
def nothing(step):
    return step


@DBOS.workflow()
def chain(length):
    for step in range(length):
        nothing(step)


logging.disable(logging.CRITICAL)
DBOS.launch()
chain(1)
begun = time.perf_counter()
for handle in [DBOS.start_workflow(chain, steps // parallel) for _ in range(parallel)]:
    handle.get_result()
print((time.perf_counter() - begun) * 1000 / steps)
DBOS.destroy()
