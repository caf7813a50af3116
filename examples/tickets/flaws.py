"""The same tickets as they come out of a real system: with everything that spoils a model or its score."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rows import Ticket

__all__ = ["spoilt"]


def spoilt(train: Sequence[Ticket], test: Sequence[Ticket], *, seed: int) -> tuple[list[Ticket], list[Ticket]]:
    """Copies of both files with planted flaws; the last rows of each have them, but for the spellings of labels.

    What is planted: 4 empty messages, 2 missing labels, 6 duplicates, 3 equal texts under two labels, labels that
    differ by case, by spaces and by a typing mistake, 5 texts in a wrong encoding, 2 with HTML left in, a topic of two
    rows, and in the test file 5 rows copied from the training rows, 5 nearly copied (one of those under another label)
    and one topic that the training rows do not have.
    """
    draw, rows, held = random.Random(seed), list(train), list(test)
    for place, label in zip(draw.sample(range(len(rows)), 9), ("Billing", "delivery ", "acount") * 3, strict=True):
        rows[place] = rows[place]._replace(topic=label)
    long = [ticket for ticket in train if len(ticket.message) > 80]
    picked = draw.sample(long, 30)
    new: list[Ticket] = []
    new += [ticket._replace(subject="", message=draw.choice(("", "   "))) for ticket in picked[:4]]
    new += [ticket._replace(message=ticket.message + " It is urgent.", topic="") for ticket in picked[4:6]]
    new += picked[6:12]
    new += [ticket._replace(topic="app" if ticket.topic != "app" else "account") for ticket in picked[12:15]]
    new += [ticket._replace(message=_mojibake(ticket.message)) for ticket in picked[15:20]]
    new += [ticket._replace(message=f"<p>{ticket.message}</p>&nbsp;&amp; thanks") for ticket in picked[20:22]]
    new += [
        ticket._replace(message=f"My lawyer will write to you. {ticket.message}", topic="legal")
        for ticket in picked[22:24]
    ]
    copied = draw.sample([ticket for ticket in long if ticket not in picked], 10)
    near = [ticket._replace(message=ticket.message + " Thanks!") for ticket in copied[5:]]
    near[-1] = near[-1]._replace(topic="returns" if near[-1].topic != "returns" else "billing")
    held += [
        *copied[:5],
        *near,
        copied[0]._replace(message="Do you sell gift cards for the kitchen range?", topic="sales"),
    ]
    return (
        rows + [ticket._replace(id=9000 + place) for place, ticket in enumerate(new)],
        held[: len(test)] + [ticket._replace(id=9500 + place) for place, ticket in enumerate(held[len(test) :])],
    )


def _mojibake(text: str) -> str:
    """UTF-8 that was read as Windows-1252, as exports often are."""
    return f"The café’s order: {text} – très déçu".encode().decode("cp1252")
