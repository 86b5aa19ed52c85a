"""Less work for the same bits: a recording without what a step does twice or for nothing."""

import operator

import torch
from torch import fx

aten = torch.ops.aten
VIEWS = {aten.view.default, aten._unsafe_view.default, aten.permute.default, aten.transpose.int, aten.t.default}
IN_PLACE = {  # operation -> the one that writes into its first argument, and by which name it is told to
    aten.add.Tensor: (aten.add_.Tensor, None),
    aten.relu.default: (aten.relu_.default, None),
    aten.leaky_relu.default: (aten.leaky_relu_.default, None),
    aten.threshold_backward.default: (aten.threshold_backward.grad_input, "grad_input"),
    aten.leaky_relu_backward.default: (aten.leaky_relu_backward.grad_input, "grad_input"),
}


def simplify(graph, parameters):
    """Rewrites a torch.fx graph of aten operations to one that gives the same bits by less work.

    Args:
        graph: changed in place.
        parameters: nodes of it that stand for parameters.
    """
    for node in graph.nodes:
        if node.target is aten.detach.default:
            node.replace_all_uses_with(node.args[0])
        elif node.target is aten._to_copy.default and node.args[0] in parameters and set(node.kwargs) == {"dtype"}:
            node.target, node.args, node.kwargs = kept_as, (node.args[0], node.kwargs["dtype"]), {}
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


def kept_as(parameter, dtype):
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
    if node.target in (operator.getitem, kept_as):
        return False
    changes = node.target._schema.is_mutable or node.target is aten.native_batch_norm.default  # its means, unsaid
    return changes or torch.Tag.nondeterministic_seeded in node.target.tags
