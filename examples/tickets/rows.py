"""Tickets put together from sentences, the same for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sentences import CLOSINGS, NEWER, OPENINGS, PROBLEMS, SHARED, SLOTS, SUBJECTS

__all__ = ["Ticket", "make_newer", "make_several", "make_tickets", "misfiled"]

# How often each topic comes up: as in most inboxes, not evenly.
SHARES = {"delivery": 32, "billing": 27, "account": 18, "app": 15, "returns": 8}
TYPO_SHARE, SHARED_SHARE = 0.2, 0.6


class Ticket(NamedTuple):
    """A row: what the shop's form writes down."""

    id: int
    channel: str
    subject: str
    message: str
    topic: str


def make_tickets(count: int, *, seed: int, first: int = 1000) -> list[Ticket]:
    """So many tickets whose topics are right."""
    draw = random.Random(seed)
    topics = draw.choices(list(SHARES), list(SHARES.values()), k=count)
    return [_ticket(draw, first + place, topic, PROBLEMS) for place, topic in enumerate(topics)]


def misfiled(tickets: Sequence[Ticket], count: int, *, seed: int) -> list[Ticket]:
    """The tickets, some of them under another topic, as tired people file them."""
    draw, wrong = random.Random(seed), list(tickets)
    for place in draw.sample(range(len(wrong)), count):
        others = [topic for topic in SHARES if topic != wrong[place].topic]
        wrong[place] = wrong[place]._replace(topic=draw.choice(others))
    return wrong


def make_newer(count: int, *, seed: int, first: int) -> list[Ticket]:
    """Tickets of later months: new words, and the topic ``subscription``."""
    draw = random.Random(seed)
    topics = draw.choices(["subscription", "app", "delivery", "billing"], [4, 2, 2, 2], k=count)
    subjects = {**SUBJECTS, "subscription": ("Subscription", "My plan", "Coffee box")}
    return [_ticket(draw, first + place, topic, NEWER, subjects) for place, topic in enumerate(topics)]


def make_several(count: int, *, seed: int) -> list[tuple[str, list[str]]]:
    """Distinct messages that raise one to three problems, and the topics of all of them, sorted."""
    draw = random.Random(seed)
    rows: dict[str, list[str]] = {}
    while len(rows) < count:
        topics = draw.sample(list(SHARES), draw.choices([1, 2, 3], [5, 4, 1])[0])
        problems = [_filled(draw, draw.choice(PROBLEMS[topic])) for topic in topics]
        rows[" Another thing: ".join(problems)] = sorted(topics)
    return list(rows.items())


def _ticket(
    draw: random.Random,
    number: int,
    topic: str,
    problems: Mapping[str, Sequence[str]],
    subjects: Mapping[str, Sequence[str]] = SUBJECTS,
) -> Ticket:
    middle = [draw.choice(problems[topic])]
    if draw.random() < SHARED_SHARE:
        middle.insert(draw.randrange(2), draw.choice(SHARED))
    sentences = [draw.choice(OPENINGS), *middle, draw.choice(CLOSINGS)]
    message = _joined([_filled(draw, sentence) for sentence in sentences if sentence])
    if draw.random() < TYPO_SHARE:
        message = _mistyped(draw, message)
    # A third of the customers write no subject that says anything.
    subject = (
        draw.choice(("Help", "Order {number}", "A question")) if draw.random() < 1 / 3 else draw.choice(subjects[topic])
    )
    return Ticket(number, draw.choice(("form", "mail", "chat")), _filled(draw, subject), message, topic)


def _filled(draw: random.Random, text: str) -> str:
    """The sentence with a choice made everywhere, and with a capital letter."""
    text = re.sub(r"\[([^]]+)\]", lambda found: draw.choice(found[1].split("|")), text)
    text = re.sub(r"\{(\w+)\}", lambda slot: draw.choice(SLOTS[slot[1]]), text)
    return text[:1].upper() + text[1:]


def _joined(sentences: Sequence[str]) -> str:
    """The sentences in one line; behind a greeting with a comma one goes on in small letters."""
    text = " ".join(sentences)
    return re.sub(r"^([\w ]+, )(?!I\b)(\w)", lambda found: found[1] + found[2].lower(), text)


def _mistyped(draw: random.Random, text: str) -> str:
    """The text with two neighbouring letters of a longer word swapped, if it has one."""
    long_words = list(re.finditer("[a-z]{5,}", text))
    if not long_words:
        return text
    at = draw.choice(long_words).start() + draw.randrange(1, 4)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
