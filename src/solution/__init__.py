"""The answers, in closed form: NumPy, float64. Staff only.

Each function takes what the probe of `grading.probes` was given and returns what a right submission replies.
"""

from . import fgan, flow_network, gan, image_flow, vae

__all__ = ["fgan", "flow_network", "gan", "image_flow", "vae"]
