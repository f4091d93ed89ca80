"""A line to type in that keeps the order of what is typed, however fast it comes."""

from __future__ import annotations

from textual import events
from textual.binding import NoBinding
from textual.widgets import Input


class Line(Input):
    """Acts on its own keys at once.

    Textual takes letters in at once, but hands other keys through every parent's queue first: of a burst, as a slow
    line delivers it, a backspace would come after the letters behind it.
    """

    async def on_key(self, event: events.Key) -> None:
        try:
            bindings = list(self._bindings.get_bindings_for_key(event.key))
        except NoBinding:
            return
        for binding in bindings:
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)
