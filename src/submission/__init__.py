"""The student's code: problem 1 in flow_network.py, problems 2, 4, 5 and 7 in gan.py; 6 in vae.py."""

from . import flow_network, gan

__all__ = ["flow_network", "gan"]
