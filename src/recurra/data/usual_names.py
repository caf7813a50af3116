"""Usual names of columns, by which a table's roles are guessed; without accents, as :func:`plain_name` gives them."""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "FAIR_LABEL_NAMES",
    "LABEL_NAMES",
    "LOOSE_LABEL_NAMES",
    "TEXT_NAMES",
    "TITLE_NAMES",
    "WEAK_LABEL_NAMES",
    "has_label_word",
    "has_weak_label_name",
    "is_id_or_date_name",
    "is_label_name",
    "is_text_name",
    "is_title_name",
    "is_usual_name",
    "plain_name",
    "unprefixed_name",
]

# Tiers of names, the most likely first; names of one tier are equally likely. The last tiers are those of tables in
# German, French, Spanish, Italian, Portuguese, Dutch, Japanese and Chinese.
TEXT_NAMES = (
    ("text", "texts"),
    ("body", "content", "contents", "description", "short_description", "review", "review_text", "message", "comment"),
    ("sentence", "document", "doc", "article", "abstract", "tweet", "utterance", "query", "question", "ticket", "post"),
    (
        *("nachricht", "beschreibung", "inhalt", "kommentar", "anfrage", "texte", "contenu", "commentaire"),
        *("texto", "mensaje", "contenido", "comentario", "testo", "messaggio", "contenuto", "commento"),
        *("mensagem", "conteudo", "tekst", "bericht", "inhoud", "opmerking"),
        *("テキスト", "本文", "文章", "内容", "文本", "正文"),
    ),
)
TITLE_NAMES = (
    ("title",),
    ("headline", "subject", "heading", "summary"),
    (
        *("betreff", "titel", "uberschrift", "titre", "objet", "asunto", "titulo", "oggetto", "titolo", "assunto"),
        *("onderwerp", "タイトル", "件名", "題名", "見出し", "标题", "標題"),
    ),
)
LABEL_NAMES = (
    ("label", "labels"),
    (
        *("category", "target", "topic", "intent", "genre", "label_text", "class_name"),
        *("kategorie", "kategorien", "klassifikation", "klassifizierung"),
        *("categorie", "etiquette", "etiquettes", "classement", "classification"),
        *("categoria", "categorias", "etiqueta", "etiquetas", "clasificacion"),
        *("etichetta", "etichette", "classificazione", "classificacao", "rotulo", "rotulos"),
        *("categorieen", "classificatie"),
        *("ラベル", "カテゴリ", "カテゴリー", "分類", "标签", "類別", "类别", "分类", "標籤"),
    ),
    ("categories", "targets", "topics", "genres", "intents"),
)
# Names that sets of texts often give their labels: of labels where no column has one of the names above.
FAIR_LABEL_NAMES = (
    *("class", "class_index", "classes", "sentiment", "polarity", "y"),
    *("klasse", "klassen", "classe", "clase", "clases", "classi", "クラス"),
)
# Names of labels that are those of free texts as well, such as the subject of a mail: of labels if values repeat.
LOOSE_LABEL_NAMES = (
    *("theme", "themes", "thema", "themen", "sujet", "sujets", "tema", "temas", "temi", "assuntos", "asuntos"),
    *("argomento", "argomenti", "themas", "トピック", "主题"),
)
# Names that a table's other properties have as well: of labels only where no other column can be that of the labels.
# Other such properties (a country, a priority, a status) have no name of a label: what they hold makes them one.
WEAK_LABEL_NAMES = (
    *("rating", "stars", "tag", "tags", "タグ"),
    *("language", "lang", "sprache", "langue", "idioma", "lingua", "taal", "言語", "语言"),
)
# These are weak, and loose as well, such as the reason of a complaint.
LOOSE_WEAK_LABEL_NAMES = (
    *("type", "types", "reason", "reasons", "typ", "typen", "art", "grund", "motif", "motifs"),
    *("tipo", "tipos", "tipi", "tipologia", "motivo", "motivos", "motivi", "soort", "reden", "redenen"),
    *("種類", "種別", "类型", "類型"),
)


# An identifier or a moment, such as ticket_id, customerId, created_at and sent: no text, whatever stands in it.
_ID_OR_DATE = re.compile(
    r"(.*_)?(id|ids|uuid|guid|date|datetime|time|timestamp|datum|fecha)"
    r"|(created|updated|modified|received|sent|opened|closed|erstellt|geandert|empfangen)(_(at|on|am|date|time))?"
)


def is_usual_name(name: str) -> bool:
    """Whether it is a usual name of a text, title or label column."""
    return is_text_name(name) or is_title_name(name) or is_label_name(name)


def is_text_name(name: str) -> bool:
    """Whether it is a usual name of a text column."""
    return any(plain_name(name) in tier for tier in TEXT_NAMES)


def is_label_name(name: str) -> bool:
    """Whether it is a usual name of a label column."""
    return any(plain_name(name) in tier for tier in (*LABEL_NAMES, FAIR_LABEL_NAMES, WEAK_LABEL_NAMES))


def has_weak_label_name(name: str, *, repeats: bool) -> bool:
    """Whether it is a name of a label column, if no other column can be one; ``repeats`` as labels do, or not."""
    names = (*WEAK_LABEL_NAMES, *LOOSE_WEAK_LABEL_NAMES) if repeats else WEAK_LABEL_NAMES
    return plain_name(name) in names or unprefixed_name(name) in names


def has_label_word(name: str) -> bool:
    """Whether it is a usual name of a label column with words before or after it, as in ``Ticket category``."""
    words = unprefixed_name(name).split("_")
    names = {*LOOSE_LABEL_NAMES, *(one for tier in LABEL_NAMES for one in tier)}
    return len(words) > 1 and not is_id_or_date_name(name) and not names.isdisjoint((words[0], words[-1]))


def is_title_name(name: str) -> bool:
    """Whether it is a usual name of a title column."""
    return any(plain_name(name) in tier for tier in TITLE_NAMES)


def is_id_or_date_name(name: str) -> bool:
    """Whether it is a usual name of a column of identifiers, dates or times."""
    own = unprefixed_name(name)
    return _ID_OR_DATE.fullmatch(own) is not None or re.search("[a-z](Id|ID)$", name.strip()) is not None


def plain_name(name: str) -> str:
    """A column's name without case and accents, and with an underscore for the marks and spaces in it."""
    # Only marks of Latin, Greek and Cyrillic letters: in Japanese they make another letter.
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", name.strip().casefold()))
    return re.sub(r"\W+", "_", unicodedata.normalize("NFC", plain))


def unprefixed_name(name: str) -> str:
    """A column's plain name without what stands before it.

    That is the ``step__`` of scikit-learn's ColumnTransformer, or the names of the objects that a value lies in, as in
    ``message.body``.
    """
    return re.sub(r"^[^_].*?__(?=[^_])", "", plain_name(name.rpartition(".")[2] or name))
