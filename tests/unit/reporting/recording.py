"""A sink that keeps what it is sent."""

from __future__ import annotations

from buildwidget.reporting.messages import Message


class Recorder:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)
