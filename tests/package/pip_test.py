#!/usr/bin/env python3
"""pip install ./bindings/python into an environment of its own, and use it.

  pip_test.py SOURCE WORK

Exit code 77 (skipped) when the package registry cannot be reached.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

SKIPPED = 77


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], check=False,
                          capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def main():
    source, work = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    venv.create(work / "venv", with_pip=True)
    python = work / "venv" / "bin" / "python"
    # The packages of the plain build are not to be seen.
    environment = {key: value for key, value in os.environ.items()
                   if key != "PYTHONPATH"}
    environment.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", "2")
    if shutil.which("ccache"):
        environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
    reached = subprocess.run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "--retries",
         "1", "--timeout", "15", "-d", work, "scikit-build-core"],
        check=False, capture_output=True, env=environment)
    if reached.returncode != 0:
        print("skipped: the package registry cannot be reached")
        return SKIPPED
    run(python, "-m", "pip", "wheel", "--no-deps", "-w", work,
        source / "bindings" / "python", env=environment)
    [wheel] = work.glob("libcrm-*.whl")
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    run(python, "-m", "pip", "install", "--no-index", wheel, env=environment)
    printed = run(python, "-B", source / "examples" / "quickstart.py",
                  cwd=work, env=environment)
    if "firstName = Ada" not in printed:
        sys.exit(f"the example printed:\n{printed}")
    # It names what it lacks without leaking an argument, whichever version of
    # pybind11 it was built with.
    run(python, "-B", "-c", """
import crm, importlib.metadata
assert importlib.metadata.version("libcrm") == crm.__version__
tenant = crm.Store.open_in_memory().tenant("t")
try:
    tenant.find_customer("ada@example.com")
except TypeError as error:
    assert "ada" not in str(error) and "find_customer" in str(error)
else:
    raise AssertionError
""", cwd=work, env=environment)
    left = list((source / "bindings" / "python").glob("build"))
    if left:
        sys.exit(f"pip left {left} in the source tree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
