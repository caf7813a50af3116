"""Tables that become cards: each cell carries its column's title, and other tables stay as they are."""

from __future__ import annotations

from recurra.report.card_tables import with_column_titles

HEAD = (
    '<thead><tr><th scope="col">Model &#34;</th>'
    '<th scope="col" class="number">95&nbsp;% <i>interval</i></th></tr></thead>'
)
ROWS = '<tr><th scope="row">a</th><td class="number">1</td></tr>\n<tr><th scope="row">b</th><td></td></tr>'


def test_cells_carry_the_titles_of_their_columns() -> None:
    found = with_column_titles(f'<p>x</p><table class="wide cards">{HEAD}<tbody>{ROWS}</tbody></table>')
    first, second = 'data-head="Model &#34;"', 'data-head="95&nbsp;% interval"'
    assert found == (
        f'<p>x</p><table class="wide cards">{HEAD}<tbody>'
        f'<tr><th {first} scope="row">a</th><td {second} class="number">1</td></tr>\n'
        f'<tr><th {first} scope="row">b</th><td {second}></td></tr></tbody></table>'
    )


def test_other_tables_stay_as_they_are() -> None:
    html = f'<table class="wide">{HEAD}<tbody>{ROWS}</tbody></table><table>{HEAD}<tbody>{ROWS}</tbody></table>'
    assert with_column_titles(html) == html
