"""Compares one look of snarkfee with the same reads by mina-sdk, in turn against one simulated daemon.

compare.py PROGRAM READS, in an environment with mina-sdk; READS is the program of benches/reads.rs. CPU time is
the client's alone: the daemon is a separate process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from mina_sdk import MinaDaemonClient

LOOKS = int(os.environ.get("LOOKS", "50"))
BLOCKS = 290
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = "127.0.0.1:19527"
DEADLINE = 120


def get(path):
    with urllib.request.urlopen(f"http://{PAGE}{path}", timeout=10) as answer:
        return answer.read().decode()


def wait_until(done):
    """Polls `done`, which may fail to connect, and returns its first true answer."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        try:
            if found := done():
                return found
        except OSError:
            pass
        time.sleep(0.005)
    raise TimeoutError(f"not within {DEADLINE} s")


@contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def sum_metric(name):
    lines = (line.rpartition(" ") for line in get("/metrics").splitlines() if line.startswith(name))
    return sum(float(value) for _, _, value in lines)


def measure_reads(reads, graphql, metrics):
    """CPU time of the reads of one look, in milliseconds, and the program's report."""
    report = subprocess.run(
        [reads],
        env={"READS_GRAPHQL": graphql, "READS_METRICS": metrics, "LOOKS": str(LOOKS)},
        capture_output=True, text=True, check=True, timeout=DEADLINE,
    ).stdout.strip()
    return float(report.split("CPU ")[1].split(" ms")[0]), report


def measure_looks(program, graphql, metrics):
    """Wall and CPU time of one look of an otherwise idle service, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "snarkfee.toml"
        config.write_text(
            f'[controller]\ninterval = "100ms"\nlisten = "{PAGE}"\nstate_dir = "{folder}/state"\n'
            f'[daemons.main]\ngraphql_url = "{graphql}"\nmetrics_url = "{metrics}"\n'
            'cost.per_work = "0.0001 MINA"\n'
        )
        with running(program, "run", "-c", str(config)) as service:
            def reading():
                names = ("snarkfee_tick_seconds_count", "snarkfee_tick_seconds_sum")
                return (*(sum_metric(name) for name in names), cpu(service.pid))

            wait_until(lambda: sum_metric("snarkfee_tick_seconds_count") >= 3)
            before = reading()
            wait_until(lambda: sum_metric("snarkfee_tick_seconds_count") >= before[0] + LOOKS)
            looks, wall, used = (after - start for after, start in zip(reading(), before))
            return wall / looks, used / looks


def measure_package_reads(graphql):
    """Wall and CPU time of status, snark pool and blocks, in seconds, and what was read."""
    with MinaDaemonClient(graphql_uri=graphql) as client:
        def read():
            client.get_daemon_status()
            return len(client.get_snark_pool()), len(client.get_best_chain(BLOCKS))

        read()
        began, used = time.monotonic(), time.process_time()
        for _ in range(LOOKS):
            found = read()
        return (time.monotonic() - began) / LOOKS, (time.process_time() - used) / LOOKS, found


def time_to_first_decision(program):
    """Seconds from the start of `snarkfee demo` to the first decision in its API."""
    began = time.monotonic()
    with running(program, "demo", "--listen", PAGE, stdout=subprocess.DEVNULL):
        wait_until(lambda: json.loads(get("/api/v1/status"))["daemons"][0]["last_decision"])
        return time.monotonic() - began


def main():
    program, reads = sys.argv[1:]
    print(f"program: {Path(program).stat().st_size / 1e6:.1f} MB")
    starts = sorted(time_to_first_decision(program) for _ in range(5))
    print(f"start to first decision: {starts[2]:.3f} s (median of 5, slowest {starts[4]:.3f} s)")
    daemon = (program, "daemon-sim", "--scenario", "scarce", "--speed", "1", "--schema-era", "berkeley-3.0",
              "--graphql", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
    with running(*daemon, stdout=subprocess.PIPE, text=True) as served:
        graphql, metrics = (served.stdout.readline().split()[-1] for _ in range(2))
        used, report = measure_reads(reads, graphql, metrics)
        print(f"snarkfee, {report}")
        python_wall, python_used, (pool, blocks) = measure_package_reads(graphql)
        print(f"mina-sdk, the same reads: {python_wall * 1e3:.1f} ms, CPU {python_used * 1e3:.2f} ms", end=" ")
        print(f"({pool} works in the pool, {blocks} blocks)")
        print(f"ratio of CPU: {python_used * 1e3 / used:.1f}")
        wall, used = measure_looks(program, graphql, metrics)
        print(f"snarkfee, a whole look, decided and journalled: {wall * 1e3:.1f} ms, CPU {used * 1e3:.2f} ms")


main()
