"""The screen of an experiment: all panes on one page, laid out anew when the terminal or what there is to say grows."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from mlperf_tui.viewer.ab.arms import Arms
from mlperf_tui.viewer.ab.happened import Runs, Stages
from mlperf_tui.viewer.ab.layout import Layout, arrange
from mlperf_tui.viewer.ab.lines import AbFooter, AbHeader, AbNotice, notices
from mlperf_tui.viewer.ab.losses import Losses
from mlperf_tui.viewer.ab.pane import AbPane, is_shown
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.ab.ratio import Ratio
from mlperf_tui.viewer.ab.verdict import Verdict
from mlperf_tui.viewer.panes.pane import Enlarge
from mlperf_tui.viewer.screens.paced import PacedScreen


class AbScreen(PacedScreen[None]):
    """Hands each picture to the panes; holds the newest one for those that come later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "pane(1)", "next pane", tooltip="the next pane; enlarged, also one that had no place", show=False
        ),
        Binding("shift+tab", "pane(-1)", "pane before", tooltip="the pane before, likewise", show=False),
        Binding("escape", "all_panes", "all panes", tooltip="back from an enlarged pane", show=False),
    ]

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        given: dict[str, Any] = {"ascii_only": ascii_only}
        self._above: tuple[AbPane, ...] = (Verdict(**given), Ratio(**given), Arms(**given))
        self._losses, self._runs, self._stages = Losses(**given), Runs(**given), Stages(**given)
        self._panes = (*self._above, self._losses, self._runs, self._stages)
        self._notice = AbNotice(**given)
        self._lines = (AbHeader(**given), self._notice, AbFooter(**given))
        self._beside = Container(self._runs, self._stages, id="beside")
        self._curves = Container(self._losses, self._beside, id="curves")
        self._picture: Picture | None = None
        self._wanted = (0, 0, 0)
        """The most that each pane above ever asked for at this width: panes don't move when one says less."""
        self._width = 0
        self._laid_out: tuple[Layout, AbPane | None, bool] | None = None
        self._enlarged: AbPane | None = None

    def compose(self) -> ComposeResult:
        header, notice, footer = self._lines
        yield from (header, notice, *self._above, self._curves, footer)

    def on_mount(self) -> None:
        self._above[0].focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rows can't be selected, so there is nothing to copy; and only an enlarged pane can be left."""
        if action == "all_panes":
            return True if self._enlarged is not None else None
        return False if action == "copy_text" else super().check_action(action, parameters)

    def on_resize(self) -> None:
        self._lay_out()

    def on_enlarge(self, message: Enlarge) -> None:
        """The pane gets the screen, or gives it back."""
        if isinstance(message.pane, AbPane):
            self._enlarge(None if self._enlarged is message.pane else message.pane)

    def action_all_panes(self) -> None:
        self._enlarge(None)

    def action_pane(self, by: int) -> None:
        """To the next one that has a place; while one is enlarged, to the next of all."""
        known = [pane for pane in self._panes if self._enlarged or is_shown(pane)]
        focused = self.focused
        at = known.index(focused) if isinstance(focused, AbPane) and focused in known else -by if by > 0 else 0
        chosen = known[(at + by) % len(known)]
        if self._enlarged is not None:
            self._enlarge(chosen)
        chosen.focus()

    def show(self, picture: Picture) -> None:
        """Draw what has changed since the last one."""
        self._picture = picture
        self._lay_out()
        for shown in (*self._panes, *self._lines):
            if is_shown(shown):
                shown.show_picture(picture)

    def _enlarge(self, pane: AbPane | None) -> None:
        for one in filter(None, (self._enlarged, pane)):
            one.enlarged = one is pane
            one.offset_rows = 0
        self._enlarged = pane
        self.refresh_bindings()
        if self._picture is not None:
            self.show(self._picture)

    def _lay_out(self) -> None:
        picture = self._picture
        if picture is None or not self.size:
            return
        asked = [above.lines_wanted(picture, self.size.width) for above in self._above]
        if self._width != self.size.width:
            self._width, self._wanted = self.size.width, (0, 0, 0)
        verdict, ratio, arms = (max(before, now) for before, now in zip(self._wanted, asked, strict=True))
        self._wanted = verdict, ratio, arms
        notice = bool(notices(picture))
        layout = arrange(self.size.width, self.size.height, self._wanted, notice=notice)
        if (layout, self._enlarged, notice) != self._laid_out:
            self._laid_out = layout, self._enlarged, notice
            self._notice.display = notice
            self._apply(layout)
            self._keep_focus()

    def _apply(self, layout: Layout) -> None:
        for above, lines in zip(self._above, (layout.verdict, layout.ratio, layout.arms), strict=True):
            _place(above, lines)
        self._losses.display = True
        _place(self._curves, layout.curves)
        _place(self._beside, layout.runs + layout.events)
        _place(self._runs, layout.runs)
        _place(self._stages, layout.events)
        self._curves.styles.layout = "horizontal" if layout.beside_columns else "vertical"
        self._beside.styles.layout = "horizontal" if layout.in_a_row else "vertical"
        self._beside.styles.width = layout.beside_columns or "1fr"
        if layout.beside_columns:
            self._beside.styles.height = "1fr"
        if self._enlarged is not None:
            self._give_all_to(self._enlarged)

    def _give_all_to(self, pane: AbPane) -> None:
        """Only the single lines stay beside it; `_apply` puts all back."""
        around = [box for box in (self._curves, self._beside) if box in pane.ancestors]
        for one in (*self._panes, self._curves, self._beside):
            one.display = one is pane or one in around
        for tall in (pane, *around):
            tall.styles.width = tall.styles.height = "1fr"

    def _keep_focus(self) -> None:
        """Where the pane that has the focus lost its place, the first one gets it."""
        focused = self.focused
        if isinstance(focused, Widget) and not is_shown(focused):
            self._above[0].focus()


def _place(widget: Widget, lines: int) -> None:
    """Give it so many lines; with none it isn't there."""
    widget.display = lines > 0
    widget.styles.height = lines
