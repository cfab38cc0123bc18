"""What every agent can do, asked of all of them in the same words."""

import json

import pytest

KEY = "sk-test-0123456789"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADU"
    "lEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
AGENTS = {
    "openai": {},
    "gemini": {},
    "gemini-old-sdk": {"sdk": "google-generativeai"},
    "requestry": {},
    "openrouter": {},
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
CITY = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "schema": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "population": {"type": "integer"},
            },
            "required": ["name", "population"],
        },
    },
}


@pytest.fixture(params=AGENTS)
def agent(request, llm, sandbox, waits):
    provider = request.param.partition("-")[0]
    return llm.agents.agent_for(
        provider,
        api_key=KEY,
        base_url=sandbox.base_url(provider),
        sleep=waits.append,
        **AGENTS[request.param],
    )


def test_a_system_message_is_followed(agent):
    response = agent.process_prompt(
        "Name a colour.", system_message="Answer in capital letters only."
    )
    assert response.message == response.message.upper()


def test_a_conversation_is_remembered(agent):
    turns = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Nice to meet you, Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    assert "Ada" in agent.process_prompt(turns).message


def test_a_limit_of_tokens_cuts_the_answer(agent):
    response = agent.process_prompt(
        "Write a long story about a lighthouse.", max_tokens=80
    )
    assert (response.status, response.finish_reason) == ("success", "length")
    assert response.usage.completion_tokens <= 80


def test_an_answer_follows_a_schema(agent):
    response = agent.process_prompt("A city", response_format=CITY)
    answer = json.loads(response.message)
    assert set(answer) == {"name", "population"}
    assert isinstance(answer["population"], int)


def test_a_tool_is_called_and_its_answer_understood(agent):
    question = {"role": "user", "content": "The weather in Paris?"}
    options = {"tools": [WEATHER], "reasoning_effort": "none"}
    first = agent.process_prompt([question], tool_choice="required", **options)
    assert first.finish_reason == "tool_calls"
    [call] = first.tool_calls
    assert list(json.loads(call["function"]["arguments"])) == ["city"]
    turns = [
        question,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "sunny"},
    ]
    assert "sunny" in agent.process_prompt(turns, **options).message


def test_a_streamed_tool_call_is_the_same(agent):
    options = {
        "tools": [WEATHER],
        "tool_choice": "required",
        "reasoning_effort": "none",
    }
    whole = agent.process_prompt("The weather in Paris?", **options)
    stream = agent.stream("The weather in Paris?", **options)
    list(stream)
    streamed = stream.response.tool_calls
    assert [call["function"] for call in streamed] == [
        call["function"] for call in whole.tool_calls
    ]


def test_a_stream_tells_the_same_usage_and_cost(agent):
    whole = agent.process_prompt("What is JSON?")
    stream = agent.stream("What is JSON?")
    assert "".join(stream) == whole.message
    assert stream.response.usage == whole.usage
    assert stream.response.cost_usd == pytest.approx(whole.cost_usd)


def test_an_image_goes_to_a_model_that_reads_images(agent, sandbox):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    response = agent.process_prompt([{"role": "user", "content": parts}])
    assert response.status == "success"
    assert PIXEL.partition(",")[2] in json.dumps(sandbox.requests[0].body)


def test_who_answered_and_what_it_cost_is_told(agent):
    response = agent.process_prompt("Hello")
    assert response.model
    assert response.cost_usd > 0
    assert response.request_id
    named = agent.provider == "openrouter"
    assert (response.upstream is not None) is named


def test_tools_are_not_refused_for_an_effort_that_they_rule_out(agent):
    response = agent.process_prompt(
        "The weather in Paris?",
        tools=[WEATHER],
        tool_choice="required",
        reasoning_effort="low",
    )
    assert response.finish_reason == "tool_calls"
    if not agent.parameters(agent.model).tools_with_reasoning:
        [told] = response.adjustments
        assert told.startswith("reasoning_effort was left out")
