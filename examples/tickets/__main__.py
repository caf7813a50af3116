"""Writes support tickets of a made-up shop, in every form that Recurra reads: ``python examples/tickets FOLDER``.

The tutorial's data. The same files come out every time; nothing in them is about real people.
"""

from __future__ import annotations

import sys
from pathlib import Path

from asian import LANGUAGES, make_asian
from files import (
    write_compressed,
    write_csv,
    write_folders,
    write_json_lines,
    write_label_lines,
    write_parquet,
    write_texts,
)
from flaws import spoilt
from rows import Ticket, make_newer, make_several, make_tickets, misfiled

HEADER = Ticket._fields


def main(folder: Path) -> None:
    """Writes all files into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    train = misfiled(make_tickets(1000, seed=1), 50, seed=2)
    test = make_tickets(200, seed=3, first=5000)
    write_csv(folder / "train.csv", HEADER, train)
    write_csv(folder / "test.csv", HEADER, test)

    # The same rows in other forms.
    write_csv(folder / "train.tsv", HEADER, train, delimiter="\t")
    write_json_lines(folder / "train.jsonl", HEADER, train)
    write_parquet(folder / "train.parquet", HEADER, train)
    write_label_lines(folder / "train.txt", [(ticket.message, [ticket.topic]) for ticket in train])
    write_folders(folder / "by-topic", [(ticket.message, ticket.topic) for ticket in train])
    write_compressed(folder / "train.csv")
    write_compressed(folder / "train.jsonl")
    # What another program exports: other names of columns, semicolons, and not UTF-8.
    for name, tickets in (("export", train), ("export-test", test)):
        foreign = [(one.id, one.subject, f"{one.message} – Café Noël", one.topic) for one in tickets]
        write_csv(folder / f"{name}.csv", ("nr", "heading", "words", "desk"), foreign, delimiter=";", encoding="cp1252")
    # A folder of named sets, as --data-dir wants it.
    for name, rows in (("train.csv", train), ("test.csv", test)):
        (folder / "sets" / "tickets").mkdir(parents=True, exist_ok=True)
        write_csv(folder / "sets" / "tickets" / name, ("label", "text"), [(one.topic, one.message) for one in rows])

    # As it comes out of a real system.
    raw_train, raw_test = spoilt(train, test, seed=4)
    write_csv(folder / "raw-train.csv", HEADER, raw_train)
    write_csv(folder / "raw-test.csv", HEADER, raw_test)

    # Many tickets that nobody has filed, and those of later months.
    archive = make_tickets(3000, seed=5, first=20000)
    write_csv(folder / "archive.csv", HEADER[:-1], [ticket[:-1] for ticket in archive])
    write_texts(folder / "archive.txt", [ticket.message for ticket in archive])
    write_csv(folder / "newer.csv", HEADER, make_newer(160, seed=6, first=30000))
    write_csv(folder / "newer-test.csv", HEADER, make_newer(60, seed=7, first=31000))

    # Messages about several topics at once.
    for name, rows, seed in (("several", 600, 8), ("several-test", 150, 9)):
        several = make_several(rows, seed=seed)
        write_json_lines(folder / f"{name}.jsonl", ("message", "topics"), several)
        write_csv(folder / f"{name}.csv", ("message", "topics"), [(text, "|".join(topics)) for text, topics in several])
        write_label_lines(folder / f"{name}.txt", several)

    for language in LANGUAGES:
        for name, asian in zip((language, f"{language}-test"), make_asian(language, seed=10), strict=True):
            write_csv(folder / f"{name}.csv", ("text", "label"), asian)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give a folder: python examples/tickets FOLDER")
    main(Path(sys.argv[1]))
