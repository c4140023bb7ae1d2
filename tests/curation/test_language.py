"""Languages, told by script and common words; what is unsure is kept."""

from __future__ import annotations

import pytest

from critique_loop.curation.language import Language, language_of
from tests.curation.conftest import curated, example

ENGLISH = "This chart shows the mean of the prices for each of the regions in the table."
GERMAN = "Das Diagramm zeigt den Mittelwert der Preise für die Regionen und ist nicht gestapelt."


@pytest.mark.parametrize(
    ("prose", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (
            "Le graphique montre la moyenne des prix pour les régions et une ligne dans le plan.",
            "fr",
        ),
        ("El gráfico muestra la media de los precios para las regiones que se comparan.", "es"),
        (
            "Il grafico mostra la media dei prezzi per le regioni ed è più chiaro con una linea.",
            "it",
        ),
        ("O gráfico mostra a média dos preços para as regiões, e uma linha não é do mapa.", "pt"),
        (
            "De grafiek toont het gemiddelde van de prijzen voor een regio en is niet gestapeld.",
            "nl",
        ),
        ("Wykres pokazuje średnią i jest czytelny, bo nie ma linii na mapie oraz w tle.", "pl"),
        ("График показывает среднее значение цен по регионам.", "cyrillic"),
        ("该图表显示了各地区的平均价格和销售数量。", "zh"),
        ("このグラフは地域ごとの平均価格を示しています。", "ja"),
        ("이 차트는 지역별 평균 가격을 보여줍니다.", "ko"),
        ("", ""),
        ("ax.bar(x, y)", ""),
        ("mean price by region", ""),
        ("1234 5678 90 - 77 88 99 10 11 12", ""),
    ],
)
def test_a_language_is_told_or_left_open(prose: str, language: str) -> None:
    assert language_of(prose) == language


def test_other_languages_are_dropped_and_the_unsure_kept() -> None:
    rows = [
        example("x = 1", prose=ENGLISH, where="english"),
        example("x = 1", prose=GERMAN, where="german"),
        example("x = 1", goal=GERMAN, where="german question"),
        example("# das ist nicht die Zeile, auf der das steht\nx = 1", where="only a program"),
    ]

    done = curated(Language(("en",)), rows)

    assert done.kept == ["english", "only a program"]
    assert done.why == {"in de": 2}
    assert "weak" in done.tally.note


def test_without_languages_everything_passes() -> None:
    assert curated(Language(), [example(prose=GERMAN)]).kept == ["r1"]
