"""The base of this screen's panes: it scrolls, enlarges and draws as the others do, from a picture of an experiment."""

from __future__ import annotations

import textwrap

from textual.widget import Widget

from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.panes.pane import Lines, ScrollPane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row

INDENT_FROM = 40
"""Narrower screens have no columns to spare."""


class AbLine(Lines):
    """One line, or a few, without a title: it draws what `made` makes."""

    picture: Picture | None = None

    def made(self, picture: Picture, room: Room) -> list[Row]:
        """The rows."""
        raise NotImplementedError

    def show_picture(self, picture: Picture) -> None:
        """Draw this picture: rows that stay as they were aren't touched."""
        self.picture = picture
        self.draw()

    def rows(self) -> list[Row]:
        if self.picture is None or not self.size:
            return []
        return self.made(self.picture, Room(self.size.width, self.size.height))[: self.size.height]


class AbPane(ScrollPane):
    """A pane with a title. `made` gives its rows, `told` what stands below them once it is enlarged."""

    picture: Picture | None = None

    def made(self, picture: Picture, room: Room) -> Content:
        """The rows; `room` is what there is below the title."""
        raise NotImplementedError

    def told(self, picture: Picture) -> list[str]:  # noqa: ARG002  most panes have some
        """Where its numbers come from, in which unit, and the reason of each dash."""
        return []

    def show_picture(self, picture: Picture) -> None:
        """Draw this picture: rows that stay as they were aren't touched."""
        self.picture = picture
        self.draw()

    def lines_wanted(self, picture: Picture, width: int) -> int:
        """Lines that all of its rows would take, its title included."""
        content = self.made(picture, Room(width, 1 << 10))
        return 1 + len(content.head) + len(content.body)

    def rows(self) -> list[Row]:
        if self.picture is None or not self.size:
            return []
        room = Room(self.size.width, self.size.height - 1)
        content = self._whole(self.picture, room)
        rows = self.in_view(content, room)
        return [self._title_row(self.title, self.note(content, room)), *rows]

    def _whole(self, picture: Picture, room: Room) -> Content:
        """Its own rows, and below them where they come from, where it is enlarged."""
        if not self.enlarged:
            return self.made(picture, room)
        told = [*self.told(picture), _age(picture)]
        below = [row(""), *(line for text in told for line in sentence(text, room.width))]
        own = self.made(picture, Room(room.width, max(room.height - len(below), room.height // 2)))
        return Content(own.note, own.head, [*own.body, *below])


def _age(picture: Picture) -> str:
    if picture.trouble:
        return picture.trouble
    return "not weighed yet" if picture.age_s is None else f"weighed {picture.age_s:.0f} s ago"


def sentence(text: str, width: int, look: Look = Look.PLAIN) -> list[Row]:
    """A sentence over as many rows as it needs, those after the first indented."""
    indent = "    " if width >= INDENT_FROM else ""
    return [row(f" {line}", look) for line in textwrap.wrap(text, max(1, width - 2), subsequent_indent=indent)]


def is_shown(widget: Widget) -> bool:
    """Whether it has a place, and all that it lies in."""
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
