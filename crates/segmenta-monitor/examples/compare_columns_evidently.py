"""Compares the columns that `compare_columns FOLDER` wrote with Evidently; prints time, memory and page size.

    pip install evidently "pandas<3"
    python compare_columns_evidently.py FOLDER
"""

import resource
import sys
import time
from pathlib import Path

import numpy
import pandas
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def side(folder: Path, name: str) -> pandas.DataFrame:
    columns = {}
    for path in sorted(folder.glob(f"{name}_*")):
        kind = numpy.dtype("<f8") if path.suffix == ".f64" else numpy.uint8
        values = numpy.fromfile(path, dtype=kind)
        column = "column_" + path.stem.rsplit("_", 1)[1]
        columns[column] = values if path.suffix == ".f64" else values.astype(str)
    return pandas.DataFrame(columns)


def peak_memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    folder = Path(sys.argv[1])
    reference, current = side(folder, "reference"), side(folder, "current")
    numbers = list(reference.select_dtypes("number").columns)
    categories = [column for column in reference.columns if column not in numbers]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    loaded_mb = peak_memory_mb()

    start = time.perf_counter()
    run = Report([DataDriftPreset()]).run(
        Dataset.from_pandas(current, data_definition=definition),
        Dataset.from_pandas(reference, data_definition=definition),
    )
    compared_s = time.perf_counter() - start
    page = folder / "evidently.html"
    run.save_html(str(page))
    total_s = time.perf_counter() - start

    print(f"{reference.shape[1]} columns, {len(reference)} and {len(current)} rows")
    print(f"compare {compared_s:.1f} s, with the page {total_s:.1f} s")
    print(f"peak memory: {peak_memory_mb()} MB, {loaded_mb} MB before the comparison")
    print(f"page: {page.stat().st_size / 1e6:.1f} MB")


main()
