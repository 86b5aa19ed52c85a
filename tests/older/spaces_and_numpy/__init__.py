from .flow_network import *
from .gan import *
