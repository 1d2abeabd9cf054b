"""PSI over customers with orders, from two published tables: buyers_psi.py BEFORE.parquet NOW.parquet

The hand-written programs leave customers without orders out of their PSI, the report gives them a
bin of their own. Here their definition is applied to what was published, so that like is compared
with like: ten quantile bins of the first date, shares of at least 1e-4.
"""
import json
import sys

import duckdb
import numpy as np

before, now = sys.argv[1:3]
columns = {"recency": "days_since_last", "orders": "orders_total", "revenue": "spend_total"}
psi = {}
for name, column in columns.items():
    values = [
        duckdb.sql(f"select {column} from '{path}' where orders_total > 0").fetchnumpy()[column].astype(float)
        for path in (before, now)
    ]
    edges = np.quantile(values[0], np.arange(1, 10) / 10)
    shares = [np.bincount(np.searchsorted(edges, side, side="left"), minlength=10) / len(side) for side in values]
    reference, current = (np.maximum(share, 1e-4) for share in shares)
    psi[name] = float(((current - reference) * np.log(current / reference)).sum())
print(json.dumps(psi))
