"""The explorer: move what is asked, and see the recommendation move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from course.kernel.explored import (
    NEEDS,
    Choices,
    Recommend,
    Wish,
    explored_page,
)

__all__ = ["NAMED_SLIDERS", "Explorer"]

# ipywidgets gives a slider's handle no name that a screen reader could say.
# Its label stands beside it, drawn a little later than this runs.
NAMED_SLIDERS = """\
(function name(left) {
  for (const row of document.querySelectorAll(".widget-slider")) {
    const label = row.querySelector(".widget-label");
    const handle = row.querySelector("[role=slider]");
    if (label && handle) handle.setAttribute("aria-label", label.textContent);
  }
  if (left) setTimeout(() => name(left - 1), 250);
})(40);
"""

WIDE = {"width": "34em", "max_width": "100%"}
STYLE = {"description_width": "9em"}


class Explorer:
    """Widgets: a control for each part of a task, the answer beside them."""

    def __init__(
        self, choices: Choices, recommend: Recommend, wish: Wish
    ) -> None:
        self._recommend = recommend
        self._make_controls(choices, wish)
        self._arrange()
        for control in self._controls():
            control.observe(lambda _: self.update(), names="value")
        self.update()

    def wish(self) -> Wish:
        """Return what the controls say now."""
        limit = self.budget.value if self.limited.value else None
        return Wish(
            day=self.day.value,
            type=self.type.value,
            prompt_tokens=round(self.length.value),
            quality_weight=self.weight.value,
            max_cost_usd=limit,
            needs=_ticked(self.needs),
            providers=_ticked(self.providers),
        )

    def update(self) -> None:
        """Show what is recommended for what the controls say."""
        self.budget.disabled = not self.limited.value
        page = explored_page(self.wish(), self._recommend, live=True)
        self.answer.value = page.html()

    def _make_controls(self, choices: Choices, wish: Wish) -> None:
        import ipywidgets  # type: ignore[import-untyped]

        same = {"style": STYLE, "layout": WIDE}
        self.type = ipywidgets.Dropdown(
            options=choices.types,
            value=wish.type,
            description="Task type",
            tooltip="What kind of task it is",
            **same,
        )
        self.length = ipywidgets.FloatLogSlider(
            value=wish.prompt_tokens,
            min=1,
            max=6,
            step=0.05,
            description="Prompt tokens",
            tooltip="How long the prompt is",
            readout_format=",.0f",
            **same,
        )
        self.weight = ipywidgets.FloatSlider(
            value=wish.quality_weight,
            min=0,
            max=1,
            step=0.05,
            description="Quality weight",
            tooltip="0: the cheapest that fits; 1: the best",
            **same,
        )
        self.limited = ipywidgets.Checkbox(
            value=wish.max_cost_usd is not None,
            description="Limit what the call may cost",
            **same,
        )
        self.budget = ipywidgets.FloatLogSlider(
            value=0.01 if wish.max_cost_usd is None else wish.max_cost_usd,
            min=-5,
            max=1,
            step=0.05,
            description="At most USD",
            tooltip="What one call may cost",
            readout_format=".2g",
            **same,
        )
        self.day = ipywidgets.Dropdown(
            options=[(_day(day, choices), day) for day in choices.days],
            value=wish.day,
            description="Prices of",
            tooltip="The day whose prices hold",
            **same,
        )
        self.needs = _checkboxes(NEEDS, wish.needs)
        self.providers = _checkboxes(
            {name: name for name in choices.providers}, wish.providers
        )
        self.answer = ipywidgets.HTML()

    def _controls(self) -> list[Any]:
        return [
            self.type,
            self.length,
            self.weight,
            self.limited,
            self.budget,
            self.day,
            *self.needs.values(),
            *self.providers.values(),
        ]

    def _arrange(self) -> None:
        import ipywidgets

        def row(name: str, boxes: Iterable[Any]) -> Any:
            return ipywidgets.HBox(
                [
                    ipywidgets.HTML(
                        f"<div style='text-align:right'>{name}</div>",
                        layout={"width": "8.7em"},
                    ),
                    *boxes,
                ],
                layout={"flex_flow": "row wrap"},
            )

        self.widget = ipywidgets.VBox(
            [
                self.type,
                self.length,
                self.weight,
                self.limited,
                self.budget,
                row("Needs", self.needs.values()),
                row("Providers", self.providers.values()),
                self.day,
                self.answer,
            ]
        )


def _checkboxes(
    names: Mapping[str, str], ticked: Sequence[str]
) -> dict[str, Any]:
    import ipywidgets

    return {
        name: ipywidgets.Checkbox(
            value=name in ticked,
            description=words,
            indent=False,
            layout={"width": "auto", "margin": "0 1.2em 0 0"},
        )
        for name, words in names.items()
    }


def _ticked(boxes: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, box in boxes.items() if box.value)


def _day(day: date, choices: Choices) -> str:
    return (
        f"{day} (the catalogue's day)" if day == choices.days[0] else f"{day}"
    )
