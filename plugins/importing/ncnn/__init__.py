"""Networks in ncnn's format: a text graph (`.param`) and its weights (`.bin`)."""

from .network import OPTIONS, ncnn

__all__ = ["OPTIONS", "ncnn"]
