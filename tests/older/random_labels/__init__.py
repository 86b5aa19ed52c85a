# package of the homework
from . import flow_network
from . import gan
