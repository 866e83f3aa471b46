"""Watchword: an AWS-compatible identity and access system that you run yourself."""

__version__ = "0.1.0"
