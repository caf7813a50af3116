"""Usual names of columns, by which a table's roles are guessed."""

from __future__ import annotations

import re

__all__ = [
    "LABEL_NAMES",
    "TEXT_NAMES",
    "TITLE_NAMES",
    "is_label_name",
    "is_text_name",
    "is_usual_name",
    "plain_name",
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
        *("mensagem", "conteúdo", "comentário", "tekst", "bericht", "inhoud", "opmerking"),
        *("テキスト", "本文", "文章", "内容", "文本", "正文"),
    ),
)
TITLE_NAMES = (
    ("title",),
    ("headline", "subject", "heading", "summary"),
    (
        *("betreff", "titel", "überschrift", "titre", "objet", "asunto", "título", "oggetto", "titolo", "assunto"),
        *("onderwerp", "タイトル", "件名", "題名", "見出し", "标题", "標題"),
    ),
)
LABEL_NAMES = (
    ("label", "labels"),
    ("class", "class_index", "class_name", "category", "target", "topic", "sentiment", "intent", "label_text"),
    ("classes", "categories", "targets", "topics", "tags", "genres", "intents"),
    ("language", "lang", "tag", "genre", "rating", "stars", "polarity", "y"),
    (
        *("klasse", "kategorie", "classe", "catégorie", "étiquette", "clase", "categoría", "etiqueta", "categoria"),
        *("etichetta", "categorie", "ラベル", "カテゴリ", "カテゴリー", "分類", "标签", "类别", "分类"),
    ),
)


def is_usual_name(name: str) -> bool:
    """Whether it is a usual name of a text, title or label column."""
    return any(plain_name(name) in tier for tiers in (TEXT_NAMES, TITLE_NAMES, LABEL_NAMES) for tier in tiers)


def is_text_name(name: str) -> bool:
    """Whether it is a usual name of a text column."""
    return any(plain_name(name) in tier for tier in TEXT_NAMES)


def is_label_name(name: str) -> bool:
    """Whether it is a usual name of a label column."""
    return any(plain_name(name) in tier for tier in LABEL_NAMES)


def plain_name(name: str) -> str:
    """A column's name without case, and with an underscore for the marks and spaces in it."""
    return re.sub(r"\W+", "_", name.strip().casefold())


def unprefixed_name(name: str) -> str:
    """A column's plain name without the ``step__`` that scikit-learn's ColumnTransformer writes before it."""
    plain = plain_name(name)
    return re.sub(r"^[^_].*?__(?=[^_])", "", plain)
