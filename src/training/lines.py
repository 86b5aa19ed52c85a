"""A recording played back by lines of Python, one for each operation, without what a step does twice or for nothing."""

import operator
from types import BuiltinFunctionType, MethodDescriptorType

import torch
from torch import fx
from torch.utils._pytree import tree_map_only

from training.replay import Player

aten = torch.ops.aten
VIEWS = {aten.view.default, aten._unsafe_view.default, aten.permute.default, aten.transpose.int, aten.t.default}
IN_PLACE = {  # operation -> the one that writes into its first argument, and by which name it is told to
    aten.add.Tensor: (aten.add_.Tensor, None),
    aten.relu.default: (aten.relu_.default, None),
    aten.leaky_relu.default: (aten.leaky_relu_.default, None),
    aten.threshold_backward.default: (aten.threshold_backward.grad_input, "grad_input"),
    aten.leaky_relu_backward.default: (aten.leaky_relu_backward.grad_input, "grad_input"),
}
# Where Python's own bindings of torch's operations stand, under the operation's name, and of which type they are.
BINDINGS = (torch, BuiltinFunctionType), (torch.Tensor, MethodDescriptorType), (torch._C._nn, BuiltinFunctionType)


class Lines(Player):
    """Plays calls back by a line of Python for each, for operations that take longer than a line; it knows all of
    them, which TorchScript does not. What a step does twice, or for nothing, is left out."""

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
        _spare(graph, [nodes[id(tensor)] for tensor in given if isinstance(tensor, torch.nn.Parameter)])
        _bind(graph)
        self.play = fx.GraphModule(constants, graph).forward  # forgets each tensor after the last line that needs it


def _kind(tensor):
    """What another tensor must have as well if it is to lie in the same place."""
    return tensor.dtype, tensor.shape, tensor.stride()


def _spare(graph, parameters):
    """Rewrites a torch.fx graph of aten operations to one that gives the same bits by less work.

    Args:
        graph: changed in place.
        parameters: nodes of it that stand for parameters.
    """
    for node in graph.nodes:
        if node.target is aten.detach.default:
            node.replace_all_uses_with(node.args[0])
        elif node.target is aten._to_copy.default and node.args[0] in parameters and set(node.kwargs) == {"dtype"}:
            node.target, node.args, node.kwargs = _kept_as, (node.args[0], node.kwargs["dtype"]), {}
        elif node.target is aten._to_copy.default and _is_there_and_back(node.args[0], node):
            node.replace_all_uses_with(node.args[0].args[0])
        elif node.target is aten.leaky_relu_backward.default:
            _look_at_result(node)
    graph.eliminate_dead_code(_has_effect)
    written = set()  # nodes whose result is their first argument
    for node in graph.nodes:  # what is written where something was read just now is still in the cache
        if node.target in IN_PLACE and _is_free(node.args[0], node, written):
            node.target, place = IN_PLACE[node.target]
            node.kwargs = {place: node.args[0]} if place else node.kwargs
            written.add(node)


def _kept_as(parameter, dtype):
    """A parameter in another dtype; the copy is kept, also for other recordings, until either is changed."""
    copy, *versions = getattr(parameter, "_kept", (None,))
    if copy is None or copy.dtype != dtype or versions != [parameter._version, copy._version]:
        copy = parameter.detach().to(dtype)
        parameter._kept = copy, parameter._version, copy._version
    return copy


def _is_there_and_back(node, user):
    """Whether a node only widens what its one user narrows again."""
    if node.target is not aten._to_copy.default or len(node.users) > 1 or "kind" not in node.args[0].meta:
        return False
    narrow, wide = node.args[0].meta["kind"], node.meta["kind"][0]
    return user.meta["kind"] == narrow and narrow[0] != wide == torch.promote_types(narrow[0], wide)


def _look_at_result(node):
    """Has the backward pass of a leaky ReLU look at its result, which is kept anyway and has the same signs."""
    gradient, given, slope, is_result = node.args
    results = [user for user in given.users if user.target is aten.leaky_relu.default and user.args == (given, slope)]
    if results and slope > 0 and not is_result:
        node.args = gradient, results[0], slope, True


def _is_free(node, user, written):
    """Whether a node holds memory of its own that only one user needs, who gives something of the same kind."""
    if not isinstance(node, fx.Node) or node.meta.get("kind") != user.meta["kind"]:
        return False
    while len(node.users) == 1 and (node.target in VIEWS or node in written):
        node = node.args[0]
    maker = node.args[0] if node.target is operator.getitem else node
    return len(node.users) == 1 and isinstance(maker.target, torch._ops.OpOverload) and _makes(maker.target)


def _makes(operation):
    """Whether what an operation gives lies in fresh memory. Those called unsafe do not say that it does not."""
    schema = operation._schema
    return "unsafe" not in schema.name and all(value.alias_info is None for value in schema.returns)


def _has_effect(node):
    """Whether a node does more than to give its result."""
    if node.op != "call_function":
        return True
    if node.target in (operator.getitem, _kept_as):
        return False
    changes = node.target._schema.is_mutable or node.target is aten.native_batch_norm.default  # its means, unsaid
    return changes or torch.Tag.nondeterministic_seeded in node.target.tags


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
