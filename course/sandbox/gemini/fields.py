"""Gemini's request as it is declared: each message's fields and types.

The sources are the SDKs' own types (google-genai 3.4 and google-generativeai
0.8.6). A list marks a repeated field; a capital names another message, and
``any`` stands for JSON that is not looked into.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["ENUMS", "fields_of"]

FieldType = str | list[str]

MESSAGES: dict[str, dict[str, FieldType]] = {
    "GenerateContentRequest": {
        "model": "string",
        "contents": ["Content"],
        "system_instruction": "Content",
        "tools": ["Tool"],
        "tool_config": "ToolConfig",
        "safety_settings": ["SafetySetting"],
        "generation_config": "GenerationConfig",
        "cached_content": "string",
        "service_tier": "enum",
        "store": "bool",
        "labels": "any",
    },
    "CountTokensRequest": {
        "model": "string",
        "contents": ["Content"],
        "generate_content_request": "GenerateContentRequest",
    },
    "Content": {"role": "string", "parts": ["Part"]},
    "Part": {
        "text": "string",
        "inline_data": "Blob",
        "file_data": "FileData",
        "function_call": "FunctionCall",
        "function_response": "FunctionResponse",
        "executable_code": "any",
        "code_execution_result": "any",
        "tool_call": "any",
        "tool_response": "any",
        "thought": "bool",
        "thought_signature": "bytes",
        "video_metadata": "any",
        "media_resolution": "any",
        "part_metadata": "any",
        "audio_transcription": "any",
    },
    "Blob": {
        "mime_type": "string",
        "data": "bytes",
        "display_name": "string",
    },
    "FileData": {
        "mime_type": "string",
        "file_uri": "string",
        "display_name": "string",
    },
    "FunctionCall": {"id": "string", "name": "string", "args": "struct"},
    "FunctionResponse": {
        "id": "string",
        "name": "string",
        "response": "struct",
        "parts": "any",
        "will_continue": "bool",
        "scheduling": "enum",
    },
    "Tool": {
        "function_declarations": ["FunctionDeclaration"],
        "google_search": "any",
        "google_search_retrieval": "any",
        "google_maps": "any",
        "code_execution": "any",
        "url_context": "any",
        "file_search": "any",
        "computer_use": "any",
        "mcp_servers": "any",
    },
    "FunctionDeclaration": {
        "name": "string",
        "description": "string",
        "behavior": "enum",
        "parameters": "any",
        "parameters_json_schema": "any",
        "response": "any",
        "response_json_schema": "any",
    },
    "ToolConfig": {
        "function_calling_config": "FunctionCallingConfig",
        "retrieval_config": "any",
        "include_server_side_tool_invocations": "bool",
    },
    "FunctionCallingConfig": {
        "mode": "FunctionCallingConfig.Mode",
        "allowed_function_names": ["string"],
    },
    "SafetySetting": {"category": "enum", "threshold": "enum"},
    "GenerationConfig": {
        "temperature": "float",
        "top_p": "float",
        "top_k": "int32",
        "candidate_count": "int32",
        "max_output_tokens": "int32",
        "stop_sequences": ["string"],
        "seed": "int32",
        "presence_penalty": "float",
        "frequency_penalty": "float",
        "response_logprobs": "bool",
        "logprobs": "int32",
        "response_mime_type": "string",
        "response_schema": "any",
        "response_json_schema": "any",
        "_response_json_schema": "any",
        "response_format": "any",
        "response_modalities": ["enum"],
        "speech_config": "any",
        "thinking_config": "ThinkingConfig",
        "media_resolution": "enum",
        "image_config": "any",
        "enable_enhanced_civic_answers": "bool",
    },
    "ThinkingConfig": {
        "include_thoughts": "bool",
        "thinking_budget": "int32",
        "thinking_level": "ThinkingConfig.ThinkingLevel",
    },
}

# The enums whose values decide something; a name or a number is taken.
ENUMS = {
    "FunctionCallingConfig.Mode": (
        "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED",
    ),
    "ThinkingConfig.ThinkingLevel": (
        "THINKING_LEVEL_UNSPECIFIED", "LOW", "HIGH", "MEDIUM", "MINIMAL",
        "XHIGH",
    ),
}  # fmt: skip


def _camel(name: str) -> str:
    first, *rest = name.lstrip("_").split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    return "_" + camel if name.startswith("_") else camel


@lru_cache(maxsize=64)
def fields_of(message: str) -> dict[str, tuple[str, FieldType]]:
    """Return a message's fields by either name: its own, and its type."""
    fields = MESSAGES[message].items()
    return {
        spelled: (name, kind)
        for name, kind in fields
        for spelled in (name, _camel(name))
    }
