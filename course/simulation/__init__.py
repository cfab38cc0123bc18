"""Outcomes of models on prompts, simulated: nobody was asked.

The recommender learns from rows that say how well each model did on a prompt
and what it cost. Real ones cost money and are other people's; these are made
from the catalogue's public figures and the assumptions in settings.yaml.
"""
