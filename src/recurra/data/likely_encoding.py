"""Guesses the encoding of a text from its bytes."""

from __future__ import annotations

import codecs
import re
from collections import Counter

from recurra.data.utf8_stream import encoding_of, utf16_without_mark

__all__ = ["SAMPLE", "decoded", "encoding_to_name", "likely_encoding"]

# Shift JIS and EUC-JP: kana; EUC-KR: syllables; GB 18030 and Big5: the most frequent ideographs.
_KANA = re.compile("[\u3040-\u30ff\u3001\u3002]")
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_IDEOGRAPH = re.compile(
    "[的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长新年月全市這來國個說們為時會後對沒於發當無開樣點與業產電車東車處]"
)
_EAST_ASIAN = (
    ("euc_jp", _KANA),
    ("shift_jis", _KANA),
    ("euc_kr", _SYLLABLE),
    ("gb18030", _IDEOGRAPH),
    ("big5", _IDEOGRAPH),
)
_FREQUENT = 0.05
"""Minimum share of frequent characters among those above ASCII; bytes in another encoding have hardly any."""
# Where most such bytes stand alone they are umlauts and accents, whatever they are together with the next letter.
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")

_CYRILLIC = re.compile("[А-Яа-яЁё]{3,}")
# The letters above ASCII of the languages that an encoding is used for, each in lower case.
_ALPHABETS = (
    (
        "windows-1252",
        (
            *("äöüß", "àâæçéèêëîïôœùûüÿ", "¿¡áéíñóúü", "áâãàçéêíóôõúü", "àèéìíîòóùú", "éëïóöüèá", "æøåé", "åäöé"),
            *("áðéíóúýþæö", "àçéèíïòóúü·", "äöõüšž"),
        ),
    ),
    ("windows-1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț", "čćđšž")),
    ("iso-8859-2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț", "čćđšž")),
    ("windows-1254", ("çğıöşüâîûi̇",)),
    ("windows-1257", ("ąčęėįšųūž", "āčēģīķļņšūž")),
)
# Of DOS and the old Macintosh, for languages of the West; most letters are where Windows has signs.
_OLD = ("cp850", "mac_roman")
# Within words, and no quotation mark, dash or ellipsis of Windows, which may stand there as well.
_WITHIN_WORD = re.compile(rb"(?<=[A-Za-z])[\x80-\x84\x86-\x90\x98-\x9f](?=[A-Za-z])")
_LEAST_WITHIN, _SHARE_WITHIN, _SURE = 3, 1 / 4, 0.95
"""Fewest such bytes, and their minimum share of those above ASCII; the minimum share of letters of one language."""
# Quotation marks, dashes and signs that all of these have; they tell nothing.
_SIGNS = frozenset("\u00a0«»‹›“”„‘’‚–—…•€§°©®™·´`±")
SAMPLE = 1 << 20
"""Number of bytes from which the encoding is guessed."""
_ONE_LANGUAGE, _MIXED = 1.0, 0.9
"""What a share of letters of one language, and of several of an encoding, counts."""


def likely_encoding(sample: bytes, named: str = "utf-8") -> str:
    """Guesses the encoding of bytes that are not valid in the one named, in this order.

    UTF-8; UTF-16 by its byte order mark or by NUL in every second byte; an East Asian encoding that decodes the bytes
    to frequent characters of its language, Chinese only if bytes above ASCII rarely stand alone; Windows-1251 if the
    words are Cyrillic; CP850 or Mac Roman if words hold bytes that are signs in Windows-1252 and their letters are
    nearly all those of one language, and more so than in the following ones; that of Windows-1252, -1250, -1254, -1257
    and ISO-8859-2 by which most characters above ASCII are letters of one language, or else of several; the first of
    these where several are as good.
    """
    if (marked := encoding_of(sample[:4], "utf-8")) != "utf-8":
        return marked
    if codecs.lookup(named).name != "utf-8" and decoded(sample, "utf-8") is not None:
        return "utf-8"
    if (wide := utf16_without_mark(sample)) is not None:
        return wide
    above = sum(byte > 0x7F for byte in sample)
    alone = len(_ALONE.findall(sample)) > above / 2
    shares = {
        name: _share(decoded(sample, name), frequent)
        for name, frequent in _EAST_ASIAN
        if not (alone and frequent is _IDEOGRAPH)
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > _FREQUENT:
        return best
    if sum(map(len, _CYRILLIC.findall(sample.decode("cp1251", "replace")))) > above / 2:
        return "windows-1251"
    others = [name for name, _ in _ALPHABETS if name != named.casefold()]
    letters = {name: _letters_share(sample, name) for name in others}
    # The first of the best.
    found = max(others, key=lambda name: letters[name])
    within = len(_WITHIN_WORD.findall(sample))
    if within >= max(_LEAST_WITHIN, _SHARE_WITHIN * above):
        old = {name: _letters_share(sample, name) for name in _OLD if name != named.casefold()}
        best = max(old, key=lambda name: old[name])
        if old[best] >= max(_SURE, letters[found] + 1 - _SURE):
            return best
    return found


def encoding_to_name(data: bytes) -> str | None:
    """The likely encoding of bytes that are not UTF-8, for a message; ``None`` if it cannot decode them either."""
    sample = data[:SAMPLE]
    likely = likely_encoding(sample)
    return None if decoded(sample, likely) is None else likely


def _letters_share(sample: bytes, encoding: str) -> float:
    """The share of letters of one language among the characters above ASCII; that of several counts a little less."""
    alphabets = dict(_ALPHABETS)["windows-1252" if encoding in _OLD else encoding]
    text = bytes(byte for byte in sample if byte > 0x7F).decode(encoding, "replace").lower()
    counts = Counter(letter for letter in text if letter not in _SIGNS and ord(letter) > 0x7F)
    whole = counts.total()
    if not whole:
        return 0.0
    own = max(sum(counts[letter] for letter in set(alphabet)) for alphabet in alphabets)
    mixed = sum(counts[letter] for letter in set("".join(alphabets)))
    return max(_ONE_LANGUAGE * own, _MIXED * mixed) / whole


def decoded(sample: bytes, encoding: str) -> str | None:
    """The text of bytes, which may end inside a character; ``None`` if they are not of this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None


def _share(text: str | None, frequent: re.Pattern[str]) -> float:
    letters = [letter for letter in text or "" if ord(letter) > 0x7F]
    return sum(map(bool, map(frequent.match, letters))) / len(letters) if letters else 0.0
