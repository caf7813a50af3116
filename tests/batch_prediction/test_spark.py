"""Predictions in Spark are the model's, and each process of Spark loads it once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bundles import WORDS, make_bundle

from recurra.bundle import write_bundle
from recurra.runtime import Model

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROOT = Path(__file__).parents[2]

# In a process of its own: Spark's warnings are not ours.
PROGRAM = """
import json, os, sys
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf
import recurra.spark
from recurra.spark import predict_udf

os.environ["PYSPARK_PYTHON"] = sys.executable
rows = json.loads(open("rows.json").read())
session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("OFF")
frame = session.createDataFrame(rows, "id long, title string, text string").repartition(4)
frame.write.parquet("lake")
# The example of the page.
answer, several = predict_udf("model.safetensors", every=True, abstain_below=0.9), predict_udf("several.safetensors")

@pandas_udf("string")
def loads(column: pd.Series) -> pd.Series:
    info = recurra.spark._model.cache_info()
    return pd.Series([f"{os.getpid()} {info.misses} {info.hits}"] * len(column))

found = frame.withColumn("one", answer("text")).withColumn("two", several("title", "text"))
found = [row.asDict(recursive=True) for row in found.orderBy("id").collect()]
loaded = sorted({row[0] for row in frame.select(loads("text")).collect()})
print(json.dumps([found, loaded, answer.returnType.simpleString(), several.returnType.simpleString()]))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not installed")
def test_answers_are_the_models(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'recurra[spark]'")
    pytest.importorskip("pandas")
    bundle, several = make_bundle(scale=3), make_bundle(scale=3, thresholds=(0.6, 0.3, 0.8))
    write_bundle(bundle, tmp_path / "model.safetensors")
    write_bundle(several, tmp_path / "several.safetensors")
    texts = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 9)) or None for n in range(300)]
    titles = [WORDS[n % len(WORDS)] if n % 4 else None for n in range(300)]
    (tmp_path / "rows.json").write_text(json.dumps(list(zip(range(300), titles, texts, strict=True))))
    page = (ROOT / "docs" / "scale" / "scoring.md").read_text(encoding="utf-8")
    example = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    example = example.replace("/shared/news", "model").replace("/shared/", "")
    command = [sys.executable, "-c", PROGRAM.replace("# The example of the page.\n", example)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert ran.returncode == 0, ran.stderr
    found, loaded, one, two = json.loads(ran.stdout)
    classes = bundle.labels.classes
    fields = "".join(f",probability_{label}:float" for label in classes)
    assert one == f"struct<label:string,probability:float{fields}>"
    assert two == "struct<labels:array<string>>"
    plain = [text or "" for text in texts]
    expected = Model(bundle).predict_proba(plain)
    assert [row["id"] for row in found] == list(range(300))
    assert [[row["one"][f"probability_{label}"] for label in classes] for row in found] == expected.tolist()
    assert [row["one"]["probability"] for row in found] == expected.max(axis=1).tolist()
    labels = Model(bundle).predict(plain, abstain_below=0.9).tolist()
    assert 0 < labels.count(None) < 300
    assert [row["one"]["label"] for row in found] == labels
    written = pa.concat_tables([parquet.read_table(path) for path in (tmp_path / "answers").glob("*.parquet")])
    written = written.sort_by("id").to_pydict()
    assert written == {
        "id": list(range(300)),
        "label": Model(bundle).predict(plain, abstain_below=0.5).tolist(),
        "probability": expected.max(axis=1).tolist(),
    }
    pairs = [(title or "", text) for title, text in zip(titles, plain, strict=True)]
    assert [row["two"]["labels"] for row in found] == Model(several).predict(pairs).tolist()
    # Each process has loaded a model once at most, however many partitions it had.
    counts = [list(map(int, line.split())) for line in loaded]
    assert {loads for _, loads, _ in counts} <= {1, 2}
    assert sum(again for _, _, again in counts) > 0
