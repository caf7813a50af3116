"""What one writes without Recurra's service: a FastAPI handler that calls the model. For benchmarks/serving.py.

    python benchmarks/plain_service.py MODEL PORT def|async

``def`` is what FastAPI advises for work that blocks, and runs in its pool of threads; ``async`` computes on the event
loop. The server is the same as ours: uvicorn with httptools and uvloop, and no log of requests.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

import recurra


class Asked(BaseModel):
    """What is asked."""

    texts: list[str]


class Result(BaseModel):
    """The answer to a text."""

    label: str
    probabilities: dict[str, float]


class Answer(BaseModel):
    """The answers."""

    results: list[Result]


def main() -> None:
    path, port, kind = sys.argv[1:]
    model = recurra.load(path)
    model.predict_proba(["warm up"])
    app = FastAPI()

    def classify(asked: Asked) -> Answer:
        results = []
        for row in model.predict_proba(asked.texts):
            label = str(model.classes_[row.argmax()])
            results.append(Result(label=label, probabilities=dict(zip(model.classes_, row.tolist(), strict=True))))
        return Answer(results=results)

    async def classify_on_the_loop(asked: Asked) -> Answer:
        return classify(asked)

    app.post("/v1/classify")(classify if kind == "def" else classify_on_the_loop)
    uvicorn.run(app, port=int(port), http="httptools", loop="uvloop", log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
