"""A recording played back by lines of Python, one for each operation that is left of it."""

import operator
from types import BuiltinFunctionType, MethodDescriptorType

import torch
from torch import fx
from torch.utils._pytree import tree_map_only

from training.replay import Player
from training.simplify import simplify

aten = torch.ops.aten
# Where Python's own bindings of torch's operations stand, under the operation's name, and of which type they are.
BINDINGS = (torch, BuiltinFunctionType), (torch.Tensor, MethodDescriptorType), (torch._C._nn, BuiltinFunctionType)


class Lines(Player):
    """Plays calls back by a line of Python for each, for operations that take longer than a line; it knows all of
    them, which TorchScript does not."""

    joins = False  # see `simplify`

    def __init__(self, calls, given, wanted):
        graph, constants = fx.Graph(), torch.nn.Module()
        nodes = {id(tensor): graph.placeholder(f"given_{count}") for count, tensor in enumerate(given)}

        def node(tensor):
            if id(tensor) not in nodes:
                name = f"constant_{len(nodes)}"
                constants.register_buffer(name, tensor)
                nodes[id(tensor)] = graph.get_attr(name)
            return nodes[id(tensor)]

        for operation, args, kwargs, result in calls:
            call = graph.call_function(operation, *tree_map_only(torch.Tensor, node, (args, kwargs)))
            if isinstance(result, torch.Tensor):
                nodes[id(result)] = call
                call.meta["kind"] = _kind(result)
                continue
            for place, tensor in enumerate(result if isinstance(result, tuple | list) else ()):
                if isinstance(tensor, torch.Tensor):
                    nodes[id(tensor)] = graph.call_function(operator.getitem, (call, place))
                    nodes[id(tensor)].meta["kind"] = _kind(tensor)
        graph.output(tuple(map(node, wanted)))
        parameters = [nodes[id(tensor)] for tensor in given if isinstance(tensor, torch.nn.Parameter)]
        simplify(graph, parameters, self.joins)
        _bind(graph)
        self.play = fx.GraphModule(constants, graph).forward  # forgets each tensor after the last line that needs it


def _kind(tensor):
    """What another tensor must have as well if it is to lie in the same place."""
    strides = [stride for stride, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]
    return tensor.dtype, tensor.shape, strides


def _bind(graph):
    """Has a graph call Python's own bindings of torch's operations, where there are such: they take half as long."""
    for node in graph.nodes:
        if node.target is aten._to_copy.default and node.kwargs.keys() <= {"dtype", "layout", "device"}:
            node.target = torch.Tensor.to  # which knows no layout; on a CPU there is one device
            node.kwargs = {"dtype": node.meta["kind"][0], "copy": True}
        elif isinstance(node.target, torch._ops.OpOverload):
            schema = node.target._schema
            name = schema.name.removeprefix("aten::")
            bound = [getattr(holder, name, None) for holder, _ in BINDINGS]
            known = [one for one, (_, kind) in zip(bound, BINDINGS, strict=True) if isinstance(one, kind)]
            if known:
                # A binding may have other defaults: that of binary_cross_entropy_with_logits takes no mean.
                left_out = [argument for argument in schema.arguments[len(node.args) :] if not argument.kwarg_only]
                given = {**node.kwargs}
                filled_in = [given.pop(argument.name, argument.default_value) for argument in left_out]
                node.target, node.args, node.kwargs = known[0], (*node.args, *filled_in), given
