"""Replies worth reading: made from data and the prompt, without a model.

`writing` makes a text, `structured` JSON, `tools` a tool call; what they are
told is in `conversation`.
"""
