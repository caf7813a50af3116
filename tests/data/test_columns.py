"""Guessing columns by name and by content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recurra.data.column_statistics import ColumnStatistics, are_flags, are_numbers, distinct_labels
from recurra.data.columns import choose_columns, quoted_names
from recurra.data.model_columns import ModelColumns
from recurra.errors import DataError


def fact(name: str, mean: float | None = 20.0, distinct: int | None = 1000, rows: int = 1000) -> ColumnStatistics:
    return ColumnStatistics(name=name, rows=rows, mean_length=mean, distinct=distinct)


def roles(facts: list[ColumnStatistics], **named: object) -> tuple[str, str | None, str | None]:
    chosen = choose_columns(facts, source="x.csv", **named)  # type: ignore[arg-type]
    return chosen.text, chosen.title, chosen.label


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["label", "title", "description"], ("description", "title", "label")),
        (["Class Index", "Title", "Description"], ("Description", "Title", "Class Index")),
        (["text", "label", "label_text"], ("text", None, "label")),
        (["id", "headline", "body", "topic"], ("body", "headline", "topic")),
        (["sentence", "label"], ("sentence", None, "label")),
        (["text", "sentence", "category"], ("text", None, "category")),
        (["Review-Text", "Rating"], ("Review-Text", None, "Rating")),
        (["k__subject", "k__body", "rest__topic"], ("k__body", "k__subject", "rest__topic")),
        (["a__text", "text", "label"], ("text", None, "label")),
    ],
)
def test_columns_are_known_by_name(names: list[str], expected: tuple[str, str | None, str | None]) -> None:
    assert roles([fact(name) for name in names]) == expected


@pytest.mark.parametrize(("learned", "there"), [("", "k__"), ("k__", ""), ("a__", "b__")])
def test_a_model_s_columns_are_known_with_another_prefix(learned: str, there: str) -> None:
    model = ModelColumns(f"{learned}remark", f"{learned}about")
    facts = [fact(f"{there}about"), fact(f"{there}remark"), fact("other", 90)]
    found = choose_columns(facts, source="x.csv", labelled=False, model=model)
    assert (found.text, found.title, found.warnings) == (f"{there}remark", f"{there}about", ())


def test_the_longest_texts_are_the_text_and_few_values_the_label() -> None:
    facts = [fact("a", 3, 4), fact("b", 80, 990), fact("c", 12, 998), fact("d", None, 1000)]
    assert roles(facts) == ("b", None, "a")


def test_a_headline_without_another_text_is_the_text() -> None:
    assert roles([fact("headline", 60), fact("section", 8, 12)]) == ("headline", None, "section")


def test_short_names_with_repeating_longer_classes() -> None:
    # The classes are longer than the names; they repeat, so they are not the text.
    assert roles([fact("surname_", 6, 900), fact("nationality_", 7, 18)]) == ("surname_", None, "nationality_")


@pytest.mark.parametrize(
    ("facts", "role", "both"),
    [
        ([fact("body"), fact("review"), fact("label")], "text", "'body', 'review'"),
        ([fact("u", 50), fact("v", 49), fact("label")], "text", "'u', 'v'"),
        ([fact("text"), fact("Kategorie"), fact("topic")], "label", "'Kategorie', 'topic'"),
        ([fact("text"), fact("p", 3, 4), fact("q", 3, 5)], "label", "'p', 'q'"),
        ([fact("text"), fact("label"), fact("headline"), fact("subject")], "title", "'headline', 'subject'"),
    ],
)
def test_a_toss_up_is_not_guessed(facts: list[ColumnStatistics], role: str, both: str) -> None:
    with pytest.raises(DataError, match=f"{role} column may be any of {both}") as caught:
        choose_columns(facts, source="x.csv")
    assert f"--{role}" in caught.value.hint


def test_several_columns_may_be_the_labels_of_a_row() -> None:
    flags = [replace(fact(name, 1, 2), flags=True) for name in ("price", "service")]
    with pytest.raises(DataError, match=r"Columns of 0 and 1, such as 'price', 'service', may be several labels"):
        choose_columns([fact("text"), *flags], source="x.csv")
    with pytest.raises(DataError, match=r"If 'Tag1', 'Tag2' are several labels of a row, write them into one column"):
        choose_columns([fact("text"), fact("Tag1", 3, 4), fact("Tag2", 3, 4)], source="x.csv")
    assert [are_flags(values) for values in (["1", "0", None], [True], [1.0, 0], ["0"], ["1", "2"], [None])] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_what_is_named_is_taken_and_not_guessed_again() -> None:
    facts = [fact("text"), fact("title"), fact("label"), fact("topic")]
    assert roles(facts, text="title", label="topic") == ("title", None, "topic")
    assert roles(facts, title="topic") == ("text", "topic", "label")
    assert choose_columns(facts, source="x.csv", text="text", label="label").note is None


def test_without_labels_none_is_wanted_and_the_label_is_not_the_text() -> None:
    assert roles([fact("label", 90), fact("words", 20)], labelled=False) == ("words", None, None)
    assert roles([fact("words", 20)], labelled=False) == ("words", None, None)
    assert roles([fact("Thema", 20), fact("Sprache", 90, 3)], labelled=False) == ("Thema", None, None)
    assert roles([fact("class", 9), fact("topic", 8), fact("text")], labelled=False) == ("text", None, None)


def test_the_note_says_what_was_guessed_and_how_to_name_it() -> None:
    news = [fact("label"), fact("title"), fact("description")]
    note = choose_columns(news, source="x.csv").note
    assert note == (
        "columns guessed: label 'label', title 'title', text 'description'; name them with --label, --title, --text"
    )
    note = choose_columns(news, source="x.csv", label="label", text="title").note
    assert note is None
    note = choose_columns([fact("words")], source="x.csv", labelled=False).note
    assert note == "columns guessed: text 'words'; name it with --text"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"text": "txet"}, "no column 'txet'. Name one of 'label', 'text' with text="),
        (
            {"label": "text", "text": "text"},
            "Column 'text' is named twice. Name two different ones with text= and label=.",
        ),
    ],
)
def test_wrong_names_are_refused(named: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as caught:
        choose_columns([fact("label"), fact("text")], source="x.csv", **named)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize("names", ["text label label", "body body label", "text label title title"])
def test_a_column_that_stands_twice_is_not_asked_to_be_named(names: str) -> None:
    (twice,) = {name for name in names.split() if names.split().count(name) > 1}
    with pytest.raises(DataError, match=f"x.csv has 2 columns {twice!r}. Give each column a name of its own."):
        choose_columns([*map(fact, names.split())], source="x.csv")


def numbers(name: str, mean: float = 3.0) -> ColumnStatistics:
    return ColumnStatistics(name=name, rows=1000, mean_length=mean, distinct=1000, numbers=True)


def test_a_column_of_numbers_is_neither_text_nor_title_beside_words() -> None:
    assert roles([numbers("Ticket"), fact("Mail"), fact("Topic")]) == ("Mail", None, "Topic")
    assert roles([numbers("ticket"), fact("subject"), fact("mail", 60), fact("topic")]) == ("mail", "subject", "topic")
    # Neither its name nor its length makes it the text.
    assert roles([numbers("text"), numbers("received", 90), fact("mail"), fact("topic")]) == ("mail", None, "topic")
    assert roles([fact("text"), numbers("title"), fact("topic")]) == ("text", None, "topic")
    # Among columns of words a usual name decides, and without another column the numbers are read.
    assert roles([numbers("id"), fact("ticket"), fact("mail"), fact("topic")]) == ("ticket", None, "topic")
    assert roles([numbers("text"), fact("topic")]) == ("text", None, "topic")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "500", None, " "], True),
        (["12.11.2025 14:33", "1,5 €", "T-1001", "INC0012345"], True),
        (["1", "2", "a word"], False),
        (["12 7 99 4", "3 8 1 1"], False),
        (["t0", "t1"], False),
        (["１２", "7"], True),
        (["号", "7"], False),
        ([None, ""], False),
    ],
)
def test_numbers_dates_and_codes_are_told_from_words(values: list[str | None], expected: bool) -> None:
    assert are_numbers(values) is expected


def test_a_named_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(DataError, match="2 columns 'text'"):
        choose_columns([fact("text"), fact("text"), fact("label")], source="x.csv", text="text")


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ([fact("label"), fact("n", None)], "no column of texts"),
        ([fact("text"), fact("n", None, 1000)], "looks like a label"),
        ([fact("text"), fact("tags_", None, None)], "looks like a label"),
    ],
)
def test_nothing_to_guess_from_lists_the_columns(facts: list[ColumnStatistics], what: str) -> None:
    with pytest.raises(DataError, match=what) as caught:
        choose_columns(facts, source="x.csv")
    assert repr(facts[-1].name) in str(caught.value)


def test_long_lists_of_names_are_cut() -> None:
    text = quoted_names([f"column {place}" for place in range(30)] + ["x" * 100])
    assert text.endswith("'column 19' and 11 more")
    assert quoted_names(["x" * 100]) == repr("x" * 37 + "...")


TICKETS = ModelColumns("Nachricht", "Betreff", "Queue")


def test_the_columns_of_a_model_come_before_guesses() -> None:
    facts = [fact("Betreff"), fact("Nachricht"), fact("Antwort", 90), fact("Queue", 4, 3)]
    chosen = choose_columns(facts, source="x.csv", model=TICKETS)
    assert (chosen.text, chosen.title, chosen.label) == ("Nachricht", "Betreff", "Queue")
    assert chosen.note == "columns of the model: text 'Nachricht', title 'Betreff', label 'Queue'"
    assert (chosen.warnings, chosen.guessed) == ((), ())
    # What the user names stands above it; with the text named, that column is read alone.
    named = choose_columns(facts, source="x.csv", text="Antwort", model=TICKETS, labelled=False)
    assert (named.text, named.title, named.label, named.note) == ("Antwort", None, None, None)
    assert "no title is read from x.csv; name its column with --title" in named.warnings[0]


def test_a_table_without_the_columns_of_a_model_is_guessed_with_a_warning() -> None:
    chosen = choose_columns([fact("id", 4), fact("message", 90)], source="x.csv", model=TICKETS, labelled=False)
    assert (chosen.text, chosen.title) == ("message", None)
    assert chosen.note == "columns guessed: text 'message'; name it with --text"
    assert chosen.warnings[0].startswith(
        "x.csv has no column of texts 'Nachricht', from which the model learned: 'message' is read instead"
    )
    assert chosen.warnings[1].startswith("the model learned from titles as well, of the column 'Betreff'")


def test_no_column_of_another_name_takes_the_place_of_the_model_s() -> None:
    for names in (("id", "Antwort"), ("Nachricht 2", "Kanal")):
        with pytest.raises(DataError, match=r"no column of texts 'Nachricht', from which the model learned, among"):
            choose_columns([fact(name, 9 * k) for k, name in enumerate(names, 1)], source="x.csv", model=TICKETS)
    assert choose_columns([fact("Antwort")], source="x.csv", model=TICKETS, labelled=False).text == "Antwort"
    alike = choose_columns(
        [fact("id", 4), fact(" NACHRICHT"), fact("Antwort", 90)], source="x.csv", model=TICKETS, labelled=False
    )
    assert (alike.text, alike.warnings[1:]) == (" NACHRICHT", ())


def test_no_title_is_guessed_for_a_model_that_learned_without() -> None:
    facts = [fact("title", 9), fact("body"), fact("topic", 4, 3)]
    chosen = choose_columns(facts, source="x.csv", model=ModelColumns("body"))
    assert (chosen.text, chosen.title, chosen.label) == ("body", None, "topic")
    assert chosen.note == "columns of the model: text 'body'; columns guessed: label 'topic'; name it with --label"


def test_the_titles_of_a_model_are_the_texts_where_nothing_else_is() -> None:
    chosen = choose_columns([fact("Betreff"), fact("Queue", 4, 3)], source="x.csv", model=TICKETS)
    assert (chosen.text, chosen.title, chosen.label) == ("Betreff", None, "Queue")


@pytest.mark.parametrize(
    "columns",
    [
        None,
        [],
        "text",
        {},
        {"text": 1},
        {"text": ""},
        {"text": "x" * 201},
        {"text": "a", "title": ["b"]},
        {"text": "a", "label": "a"},
        {"title": "a"},
    ],
)
def test_a_record_with_anything_else_has_no_columns(columns: object) -> None:
    assert ModelColumns.from_record({"columns": columns}) is None


def test_columns_come_back_from_a_record() -> None:
    assert ModelColumns.from_record({"columns": TICKETS.to_record()}) == TICKETS
    assert ModelColumns("x" * 201).to_record() == {}


def test_no_header_is_spoken_of_where_there_is_none() -> None:
    with pytest.raises(DataError) as raised:
        choose_columns([fact("a", None)], source="x.json", header=False, labelled=False)
    assert "header" not in str(raised.value)


@pytest.mark.parametrize(
    ("names", "label", "passed"),
    [
        ("Text Kategorie label probability", "Kategorie", "label"),
        ("Text Kategorie labels probability_food probability_late", "Kategorie", "labels"),
        ("text label predicted_label predicted_probability", "label", "predicted_label"),
        ("text tags predicted_labels", "tags", "predicted_labels"),
    ],
)
def test_answers_of_a_model_are_passed_over(names: str, label: str, passed: str) -> None:
    facts = [fact(name, 80 if name.lower() == "text" else 5, 4) for name in names.split()]
    chosen = choose_columns(facts, source="x.csv")
    assert (chosen.label, chosen.warnings) == (label, ())
    assert chosen.note is not None
    assert f"({passed!r} is passed over: a model's answers); name them with --label" in chosen.note
    # Whoever names it may not know.
    (warning,) = choose_columns(facts, source="x.csv", label=passed).warnings
    assert f"the labels of x.csv, {passed!r}, look like a model's answers that recurra score wrote" in warning


def test_answers_of_a_model_are_the_labels_if_nothing_else_can_be() -> None:
    facts = [fact("text", 80), fact("label", 5, 4), fact("probability", 9, 900)]
    chosen = choose_columns(facts, source="x.csv")
    assert chosen.label == "label"
    assert chosen.warnings == (
        "the labels of x.csv, 'label', look like a model's answers that recurra score wrote beside 'probability', and "
        "not like people's; name another column with --label",
    )
    with pytest.raises(DataError, match="the label column may be any of 'group', 'label'"):
        choose_columns([*facts, fact("group", 7, 3)], source="x.csv")
    # Nor are they texts.
    assert choose_columns(facts[1:] + facts[:1], source="x.csv", labelled=False).text_columns == ("text",)
    assert roles([fact("text"), fact("label", 5, 4)]) == ("text", None, "label")


def test_columns_without_a_name_need_the_others_named() -> None:
    facts = [fact("text", 80), fact("", 5, 4), fact("", 5, 4)]
    with pytest.raises(DataError) as caught:
        choose_columns(facts, source="x.csv")
    assert str(caught.value.received) == "x.csv has 2 columns without a name"
    assert "--text COLUMN --label COLUMN is enough" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        *("Etiquetas", "Categorías", "categoria", "Clasificación", "Classificação", "Étiquettes", "Kategorien"),
        *("Categorieën", "Themen", "Thèmes", "tema", "Intents", "カテゴリー"),
    ],
)
def test_a_label_s_name_of_any_language_and_number_comes_before_what_a_column_holds(name: str) -> None:
    facts = [fact("Nº", 3), fact("Fecha", 10), fact("Vía", 5, 3), fact("Mensaje", 80), fact(name, 9, 40)]
    chosen = choose_columns(facts, source="x.csv")
    assert (chosen.text, chosen.label, chosen.warnings) == ("Mensaje", name, ())


def test_a_name_with_a_label_s_word_comes_before_what_a_column_holds_and_says_so() -> None:
    for name in ("Ticket category", "Category name"):
        chosen = choose_columns([fact("Vía", 5, 3), fact("Mensaje", 80), fact(name, 9, 40)], source="x.csv")
        assert (chosen.text, chosen.label) == ("Mensaje", name)
        assert chosen.warnings[0].endswith("; other candidates for the label: 'Vía'")


@pytest.mark.parametrize("weak", ["Language", "Sprache", "Rating", "Tags", "Tipos", "Motivo"])
def test_a_weak_name_decides_only_where_nothing_else_can_be_the_label(weak: str) -> None:
    weakly = [fact("Ticket", 3), fact(weak, 2, 3), fact("Text", 80)]
    alone = choose_columns(weakly, source="x.csv")
    assert (alone.text, alone.label, alone.warnings) == ("Text", weak, ())
    for name in ("Kategorie", "Thema", "Ticket category"):
        chosen = choose_columns([*weakly, fact(name, 9, 7)], source="x.csv")
        assert chosen.label == name
        assert chosen.warnings[0].endswith(f"; other candidates for the label: '{weak}'")
    with pytest.raises(DataError, match=f"the label column may be any of '{weak}', 'Queue'"):
        choose_columns([*weakly, fact("Queue", 9, 7)], source="x.csv")
    # Words that repeat are the texts where nothing else can be.
    assert roles([fact("Wort", 6, 90), fact(weak, 2, 3)]) == ("Wort", None, weak)


@pytest.mark.parametrize("fair", ["Class", "Sentiment", "Klasse"])
def test_names_that_sets_give_their_labels_come_before_what_a_column_holds(fair: str) -> None:
    fairly = [fact("Source", 5, 3), fact(fair, 2, 3), fact("Text", 80)]
    chosen = choose_columns([*fairly, fact("Language", 2, 3)], source="x.csv")
    assert chosen.label == fair
    assert chosen.warnings[0].endswith("; other candidates for the label: 'Source', 'Language'")
    for name in ("Kategorie", "Ticket category"):
        chosen = choose_columns([*fairly, fact(name, 9, 7)], source="x.csv")
        assert chosen.label == name
        assert f"'{fair}'" in chosen.warnings[0].partition("other candidates for the label: ")[2]


def test_the_column_of_a_model_s_classes_comes_before_names() -> None:
    facts = [fact("Nachricht", 80), fact("Kategorie", 9, 7), fact("Gruppe", 5, 3)]
    chosen = choose_columns(facts, source="x.csv", model=ModelColumns("Nachricht", None, "Queue"), of_classes="Gruppe")
    assert (chosen.label, chosen.guessed) == ("Gruppe", ("label",))
    assert "no column of labels 'Queue', from which the model learned: 'Gruppe' is read instead" in chosen.warnings[0]
    # The model's own column comes first.
    chosen = choose_columns(
        facts, source="x.csv", model=ModelColumns("Nachricht", None, "Kategorie"), of_classes="Gruppe"
    )
    assert chosen.label == "Kategorie"


def test_a_reason_that_no_other_row_has_is_no_label() -> None:
    assert roles([fact("Motivo", 60), fact("Vía", 5, 3)]) == ("Motivo", None, "Vía")


@pytest.mark.parametrize("name", ["Assunto", "Betreff", "subject", "Objet", "Oggetto"])
def test_subjects_that_repeat_may_be_the_labels(name: str) -> None:
    subjects = fact(name, 9, 12)
    assert roles([fact("Mensagem", 80), subjects]) == ("Mensagem", None, name)
    with pytest.raises(DataError, match=f"the label column may be any of '{name}', 'Canal'"):
        choose_columns([fact("Mensagem", 80), subjects, fact("Canal", 5, 3)], source="x.csv")
    # Beside labels they are titles, and so are subjects of which nearly all rows have one of their own.
    assert roles([fact("Mensagem", 80), subjects, fact("Tipo", 5, 3)]) == ("Mensagem", name, "Tipo")
    assert roles([fact("Mensagem", 80), fact(name, 9, 700), fact("Canal", 5, 3)]) == ("Mensagem", name, "Canal")
    assert roles([fact("Mensagem", 80), fact(name, 9, 9, rows=10), fact("Canal", 5, 3)]) == ("Mensagem", name, "Canal")


def test_a_label_that_is_guessed_by_what_it_holds_is_a_warning() -> None:
    chosen = choose_columns([fact("text", 80), fact("n", None, 900), fact("Vía", 5, 3)], source="x.csv")
    assert chosen.note is None
    assert chosen.warnings == ("columns guessed: label 'Vía', text 'text'; name them with --label, --text",)


def test_cells_with_several_labels_are_counted_as_these() -> None:
    cells = [f"{a}; {b}" for a in "abcdef" for b in "uvwxyz"]
    assert distinct_labels([*cells, None]) == 12
    assert distinct_labels(["yes, of course", "no", "no"]) == 2
