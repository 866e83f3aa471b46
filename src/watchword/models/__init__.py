"""Data only: service models and other facts about AWS, written by `tools/`."""
