"""What the boundary costs a real stage: the criteria of the main job linked in, loaded, and in processes of their own.

    cargo build --release -p segmenta-cli -p rfm -p kmeans
    python3 xtask/src/bench/plugin_stages.py target/release INPUT [ROUNDS]

INPUT is the folder of files that `cargo xtask bench` generates. Ways take turns, so that a change of the machine's
speed meets all of them; printed are medians of the stages' wall time as run.json has it.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

STAGES = {"rfm": "rfm", "kmeans": "behaviour"}
WAYS = ["linked", "in-process", "process"]
BATCHES = ["8192", "65536"]


def stage_ms(release, data, way, rows):
    """Milliseconds of each criterion's stage in one run."""
    with tempfile.TemporaryDirectory() as out:
        command = [release / "segmenta", "run", "pipelines/retail.toml", "-q", "--as-of", "2026-05-01"]
        command += ["--batch-rows", rows, "--param", f"data={data}", "--param", f"out={out}"]
        if way != "linked":
            command += ["--isolation", way]
            for plugin in STAGES:
                command += ["--plugin", release / f"lib{plugin}.so"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        [record] = pathlib.Path(out).glob("runs/*/run.json")
        stages = {stage["name"]: stage["elapsed_ms"] for stage in json.loads(record.read_text())["stages"]}
        return {plugin: stages[stage] for plugin, stage in STAGES.items()}


def main():
    release, data = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    found = {}
    for _ in range(rounds):
        for rows in BATCHES:
            for way in WAYS:
                for plugin, ms in stage_ms(release, data, way, rows).items():
                    found.setdefault((plugin, rows, way), []).append(ms)
    print("| Stage | Rows per batch | Linked in (ms) | Loaded (ms) | Own process (ms) | Share, loaded | Share, own process |")
    print("|---|---|---|---|---|---|---|")
    for plugin in STAGES:
        for rows in BATCHES:
            linked, here, apart = (statistics.median(found[plugin, rows, way]) for way in WAYS)
            share = [f"{(ms - linked) / ms:.1%}" for ms in (here, apart)]
            print(f"| {plugin} | {rows} | {linked:.0f} | {here:.0f} | {apart:.0f} | {share[0]} | {share[1]} |")


main()
