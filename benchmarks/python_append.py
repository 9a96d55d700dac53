"""One measurement of the Python package; see workloads_python.cc.

    python_append.py ndjson|dicts INPUT STORE   prints seconds, events
    python_append.py import                     prints seconds, bytes
"""

import json
import os
import sys
import time

BEGIN = time.perf_counter()
import crm  # noqa: E402: what is measured.
IMPORTED = time.perf_counter() - BEGIN


def source_of(mode, path):
    if mode == "ndjson":
        return open(path, "rb")
    with open(path, "rb") as file:
        return [json.loads(line) for line in file]


def append(mode, path, directory):
    source = source_of(mode, path)
    os.sync()
    store = crm.Store.open(directory, create_if_missing=True, durability="os",
                           default_region="ZA")
    tenant = store.tenant("default")
    begin = time.perf_counter()
    summary = tenant.append_many(source, batch_size=500)
    store.close()
    print(time.perf_counter() - begin, summary.appended)


if __name__ == "__main__":
    if sys.argv[1] == "import":
        from crm import _crm
        print(IMPORTED, os.path.getsize(_crm.__file__))
    else:
        append(*sys.argv[1:])
