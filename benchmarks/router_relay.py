"""The least that can stand between a caller and a provider, in FastAPI.

It passes a body on and gives back what comes: no key, no checks, no retries,
no other provider. `UPSTREAM` in the environment says where it asks.
"""

import os

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

app = FastAPI()
client = httpx2.AsyncClient(
    base_url=os.environ.get("UPSTREAM", ""),
    limits=httpx2.Limits(max_connections=1000),
)


@app.post("/v1/chat/completions")
async def relay(request: Request) -> Response:
    """Pass a chat completion on."""
    body = await request.json()
    asked = client.build_request("POST", "chat/completions", json=body)
    answer = await client.send(asked, stream=True)
    if body.get("stream"):
        return StreamingResponse(
            answer.aiter_bytes(), media_type="text/event-stream"
        )
    return Response(await answer.aread(), media_type="application/json")
