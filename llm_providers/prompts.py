"""What callers ask: one normalised form for text, fields, conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

from llm_providers.prompt_checks import (
    check_headers,
    check_messages,
    check_options,
    check_response_format,
    check_texts,
    check_tool_choice,
    check_tools,
)

__all__ = ["Message", "Prompt", "PromptLike"]

Message = Mapping[str, Any]
PromptLike = "str | Mapping[str, Any] | Sequence[Message] | Prompt"

_SYSTEM_ROLES = ("system", "developer")
# A file may be turned into text on its way, so it is left to the provider.
_MODALITY_OF_PART: Mapping[str, str] = {
    "image_url": "image",
    "input_audio": "audio",
    "video_url": "video",
}


@dataclass(frozen=True)
class Prompt:
    """A request to a model, before any provider's wire format.

    `messages` are the turns of the conversation, oldest first, each with
    `role` and `content`; the system message stands apart. `max_tokens`
    limits the answer, in tokens, reasoning included. What is None or empty
    is left to the provider's default. `headers` go along with the request.
    """

    messages: tuple[Message, ...]
    model: str = ""
    system_message: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None
    response_format: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, prompt: Any, **options: Any) -> Prompt:
        """Return the prompt that a caller means.

        `prompt` is a text, a conversation (a list of messages), a mapping
        with the field `prompt` or `messages` beside the other fields, or a
        Prompt. `options` set or override fields. Raises TypeError or
        ValueError, with the field's name, for what makes no sense: that is
        the caller's mistake, not a provider's.
        """
        if isinstance(prompt, Prompt):
            if not options:
                return prompt
            return replace(prompt, **_known(options))._checked()
        given: dict[str, Any] = {}
        if isinstance(prompt, Mapping):
            given = dict(prompt)
            prompt = given.pop("prompt", None)
            if prompt is None:
                prompt = given.pop("messages", None)
        given.update(options)
        if given.pop("messages", None) is not None:
            raise TypeError("a prompt has 'prompt' or 'messages', not both")
        system, messages = _conversation(prompt)
        own = given.pop("system_message", None)
        if own and not isinstance(own, str):
            raise TypeError("system_message must be a text")
        system = "\n\n".join(filter(None, [own, system]))
        known = _known({k: v for k, v in given.items() if v is not None})
        return cls(
            messages=messages, system_message=system, **known
        )._checked()

    @property
    def modalities(self) -> frozenset[str]:
        """What the turns hold beside text, as the catalogue names it."""
        if all(isinstance(one.get("content"), str) for one in self.messages):
            return frozenset()
        types = {str(part.get("type")) for part in self._parts()}
        known = types.intersection(_MODALITY_OF_PART)
        return frozenset(_MODALITY_OF_PART[name] for name in known)

    @property
    def characters(self) -> int:
        """How long the texts are, the system message's included."""
        texts = (str(text or "") for text in self._texts())
        return len(self.system_message) + sum(map(len, texts))

    def _texts(self) -> Iterator[Any]:
        return (part.get("text") for part in self._parts())

    def _parts(self) -> Iterator[Mapping[str, Any]]:
        """Yield the parts of all turns; a plain text is a part, too."""
        for message in self.messages:
            content = message.get("content")
            if isinstance(content, str):
                yield {"type": "text", "text": content}
            elif isinstance(content, Sequence):
                yield from (p for p in content if isinstance(p, Mapping))

    def _checked(self) -> Prompt:
        check_options(self)
        if not self.messages:
            raise ValueError("the prompt is empty")
        check_messages(self.messages)
        check_texts([self.system_message, *self._texts()])
        check_tools(self.tools)
        check_tool_choice(self.tool_choice)
        check_response_format(self.response_format)
        check_headers(self.headers)
        return self


def _conversation(prompt: Any) -> tuple[str, tuple[Message, ...]]:
    """Return the leading system texts and the turns of a prompt."""
    if isinstance(prompt, str):
        if not prompt.strip():
            raise ValueError("the prompt is empty")
        return "", ({"role": "user", "content": prompt},)
    if not isinstance(prompt, Sequence):
        raise TypeError(
            "prompt must be a text, a list of messages or a mapping with "
            f"the field 'prompt', not {type(prompt).__name__}"
        )
    messages = list(prompt)
    for message in messages:
        if not isinstance(message, Mapping) or "role" not in message:
            raise TypeError("every message needs a 'role' and a 'content'")
    system: list[str] = []
    while messages and messages[0]["role"] in _SYSTEM_ROLES:
        system.append(str(messages.pop(0).get("content") or ""))
    return "\n\n".join(system), tuple(messages)


@cache
def _names() -> frozenset[str]:
    return frozenset(item.name for item in fields(Prompt))


def _known(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that are fields of a Prompt, lists made tuples."""
    unknown = sorted(set(options).difference(_names()))
    if unknown:
        raise TypeError(f"unknown field of a prompt: {', '.join(unknown)}")
    found = dict(options)
    if isinstance(found.get("stop"), str):
        found["stop"] = (found["stop"],)
    for name in ("stop", "tools", "messages"):
        if name in found:
            if not isinstance(found[name], Iterable):
                raise TypeError(f"{name} must be a list")
            found[name] = tuple(found[name])
    return found
