"""Measuring a running Donebook."""
