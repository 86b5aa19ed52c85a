from .gan import *
from .flow_network import MADE, MAF, MaskedLinear, PermuteLayer
