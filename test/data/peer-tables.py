"""Reads the CSV files of a manifest with pandas and with Python's csv module; prints what each of them finds as JSON."""

import csv
import gzip
import io
import json
import sys

import pandas


def read(path, delimiter, encoding):
    frame = pandas.read_csv(
        path,
        sep=delimiter,
        encoding=encoding,
        compression="infer",
        dtype={"the class": str},
        keep_default_na=False,
        float_precision="round_trip",
    )
    labels = frame.pop("the class")
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        text = file.read().decode(encoding)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    return {
        "columns": list(frame.columns),
        "numbers": [[float(x).hex() for x in row] for row in frame.itertuples(index=False)],
        "labels": list(labels),
        "rows": rows,
    }


def is_missing(word):
    frame = pandas.read_csv(io.StringIO(f"a,label\n1,x\n2,{word}\n"))
    return bool(frame["label"].isna().any())


manifest = json.load(sys.stdin)
json.dump(
    {
        "files": [read(**each) for each in manifest["files"]],
        "missing": [is_missing(word) for word in manifest["words"]],
    },
    sys.stdout,
)
