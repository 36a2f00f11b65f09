"""A model server on this machine that says what a script tells it: Anthropic's Messages API and OpenAI's Responses API.

``python -m tests.agents.model_server SCRIPT`` serves a JSON script and prints its address; the example notebook does
the same in its own process.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Turn:
    """One reply: what the model thinks and says, and the tools it calls, as (name, input).

    An input may be a function of the request. Codex's tools may have a namespace: ``multi_agent_v1.spawn_agent``.
    """

    say: str | None = None
    think: str | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    status: int = 200
    """Another status than 200 makes it an error whose message is ``say``."""
    about: str | None = None
    """Only for a conversation that begins with these words, such as a subagent's."""


class ModelServer:
    """Serves turns in their order, each to one request; after the last one it goes on saying that it is done."""

    def __init__(self, turns: list[Turn]) -> None:
        self._turns = list(turns)
        self._lock = threading.Lock()
        self.asked: list[dict[str, Any]] = []
        """The requests that were answered with a turn."""
        handler = type("Handler", (_Handler,), {"model": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make agents talk to this server and no other, and give up soon where it refuses."""
        return {
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": "dummy-key-of-a-test",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "2",
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": "dummy-key-of-a-test",
        }

    def script(self, *turns: Turn) -> None:
        """Says these turns next."""
        with self._lock:
            self._turns = list(turns)

    def next_turn(self, request: dict[str, Any]) -> tuple[int, Turn]:
        with self._lock:
            self.asked.append(request)
            began = opening(request)
            mine = [turn for turn in self._turns if turn.about and turn.about in began]
            turn = next(iter(mine or [turn for turn in self._turns if not turn.about]), None)
            if turn is None:
                return len(self.asked), Turn(say="Done.")
            self._turns.remove(turn)
            return len(self.asked), turn

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    model: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output is not the place for it."""

    def do_HEAD(self) -> None:
        self._send(200, b"", "text/plain")

    def do_GET(self) -> None:
        self._send(404, b"{}", "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        path = self.path.partition("?")[0]
        # Claude Code also asks small things (a title, a warm-up), without tools: these are no part of the script.
        if path.endswith("/messages") and body.get("tools"):
            self._reply(body, claude_events)
        elif path.endswith("/responses"):
            self._reply(body, codex_events)
        elif path.endswith("/messages"):
            self._stream(claude_events(0, Turn(say="A title"), body))
        else:
            self._send(404, b"{}", "application/json")

    def _reply(self, body: dict[str, Any], events: Any) -> None:
        number, turn = self.model.next_turn(body)
        if turn.status == 200:
            self._stream(events(number, turn, body))
            return
        kind = {401: "authentication_error", 529: "overloaded_error"}.get(turn.status, "invalid_request_error")
        error = {"type": "error", "error": {"type": kind, "message": turn.say}}
        self._send(turn.status, json.dumps(error).encode(), "application/json")

    def _stream(self, events: Iterator[dict[str, Any]]) -> None:
        data = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self._send(200, data.encode(), "text/event-stream")

    def _send(self, status: int, data: bytes, mime: str) -> None:
        self.send_response(status)
        self.send_header("content-type", mime)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def opening(request: dict[str, Any]) -> str:
    """What a conversation begins with, before the model's first word."""
    said = request.get("messages") or request.get("input") or []
    answers = (place for place, each in enumerate(said) if each.get("role", "assistant") == "assistant")
    return json.dumps(said[: next(answers, len(said))])


def _given(given: Any, body: dict[str, Any]) -> Any:
    return given(body) if callable(given) else given


def _words(text: str) -> list[str]:
    return [f"{word} " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]


def claude_events(number: int, turn: Turn, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A turn as the Messages API streams it: 100 tokens in, 20 out."""
    usage = {"input_tokens": 100, "output_tokens": 1}
    message = {"id": f"msg_{number:04}", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if turn.think:
        deltas = [{"type": "thinking_delta", "thinking": turn.think}, {"type": "signature_delta", "signature": "c2ln"}]
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if turn.say:
        blocks.append(
            ({"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in _words(turn.say)])
        )
    for place, (name, given) in enumerate(turn.calls):
        call = {"type": "tool_use", "id": f"toolu_{number:04}_{place}", "name": name, "input": {}}
        blocks.append((call, [{"type": "input_json_delta", "partial_json": json.dumps(_given(given, body))}]))
    for index, (start, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = "tool_use" if turn.calls else "end_turn"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
        "usage": {"output_tokens": 20},
    }
    yield {"type": "message_stop"}


def codex_events(number: int, turn: Turn, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A turn as the Responses API streams it: 100 tokens in, 20 out."""
    response = f"resp_{number:04}"
    yield {"type": "response.created", "response": {"id": response}}
    items: list[dict[str, Any]] = []
    if turn.think:
        summary = [{"type": "summary_text", "text": turn.think}]
        items.append({"type": "reasoning", "id": f"rs_{number:04}", "summary": summary, "encrypted_content": None})
    if turn.say:
        content = [{"type": "output_text", "text": turn.say, "annotations": []}]
        items.append({"type": "message", "role": "assistant", "id": f"msg_{number:04}", "content": content})
    items += [
        _codex_call(f"call_{number:04}_{place}", name, _given(given, body))
        for place, (name, given) in enumerate(turn.calls)
    ]
    for index, item in enumerate(items):
        yield from _codex_item(index, item)
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 120,
    }
    yield {"type": "response.completed", "response": {"id": response, "usage": usage}}


def _codex_call(call_id: str, name: str, given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"type": "custom_tool_call", "id": f"i_{call_id}", "call_id": call_id, "name": name, "input": given}
    namespace, _, short = name.rpartition(".")
    call = {"type": "function_call", "id": f"i_{call_id}", "call_id": call_id, "name": short}
    return {**call, **({"namespace": namespace} if namespace else {}), "arguments": json.dumps(given)}


def _codex_item(index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, "content": []}}
        for word in _words(item["content"][0]["text"]):
            yield {"type": "response.output_text.delta", **at, "content_index": 0, "delta": word}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
