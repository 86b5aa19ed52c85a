"""A recording without what a step does twice or for nothing."""

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
PRODUCT = getattr(getattr(torch.ops.mkldnn, "_linear_pointwise", None), "default", None)  # of `layout.WideLinear`
OF_ZEROS = VIEWS | {  # operations that give zeros where their first argument is zero, if all others are finite
    *(operator.getitem, aten._to_copy.default, aten.sum.dim_IntList, aten.mul.Tensor),
    *(aten.mm.default, PRODUCT, aten.convolution_backward.default),
    *(aten.leaky_relu_backward.default, aten.native_dropout_backward.default),
}


def simplify(graph, parameters, join):
    """Rewrites a torch.fx graph of aten operations to one that gives the same by less work.

    Args:
        graph: changed in place.
        parameters: nodes of it that stand for parameters.
        join: whether products that are added become one, which rounds otherwise. All else leaves the bits as they are.
    """
    _leave_out_zeros(graph)
    if join:
        _join_products(graph)
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


def _leave_out_zeros(graph):
    """Adds nothing where zeros were added, so that nobody needs them.

    The derivative of a leaky ReLU has the derivative 0. Autograd makes zeros of that, and where a gradient is
    differentiated again, as in WGAN-GP's penalty, takes them back through the whole network. (Where that is not
    finite they were no zeros, but then the loss is not finite either.) Zeros that a student's function makes are
    detached before anybody sees them: these stay.
    """
    zeros = set()
    for node in graph.nodes:
        if node.target is aten.zeros_like.default or node.target in OF_ZEROS and node.args[0] in zeros:
            zeros |= set() if _is_written(node) else {node}
        elif node.target is aten.add.Tensor and not node.kwargs:
            for term, other in (node.args, node.args[::-1]):
                alike = isinstance(term, fx.Node) and term.meta.get("kind") == node.meta["kind"]
                if other in zeros and alike and not _is_written(term) and not _is_written(node):
                    node.replace_all_uses_with(term)
                    break


def _is_written(node):
    """Whether anything is written into a node's result, a part or a view of it."""
    return any(_may_write(user, node) for user in node.users if user.op == "call_function")


def _may_write(user, node):
    """Whether an operation that is given a node's result may change it, or someone who is given what that returns."""
    if user.target is operator.getitem:
        return _is_written(user)
    if user.target is aten.copy_.default:
        return user.args[0] is node
    return user.target._schema.is_mutable or (not _makes(user.target) and _is_written(user))


def _join_products(graph):
    """Makes x1^T y1 + x2^T y2 one product of longer matrices: a weight's gradient, of several calls of a layer."""
    for node in graph.nodes:
        if node.target is not aten.add.Tensor or node.kwargs:
            continue
        factors = [_factors(term) for term in node.args]
        if None in factors:
            continue
        with graph.inserting_before(node):
            x, y = (graph.call_function(aten.cat.default, (list(parts),)) for parts in zip(*factors, strict=True))
            x, y = (graph.call_function(aten.t.default, (whole,)) for whole in (x, y))
            product = graph.call_function(PRODUCT, (x, y, None, "none", [], ""))
        product.meta["kind"] = node.meta["kind"]
        node.replace_all_uses_with(product)


def _factors(node):
    """(x, y) of a node that is x^T y, or (y^T x)^T, and needed once; else None."""
    turned = isinstance(node, fx.Node) and node.target is aten.t.default
    product = node.args[0] if turned else node
    if not isinstance(product, fx.Node) or product.target is not PRODUCT or len(product.users) + len(node.users) > 2:
        return None
    pair = product.args[1::-1] if turned else product.args[:2]
    return [one.args[0] for one in pair] if all(one.target is aten.t.default for one in pair) else None


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
    if _is_written(node.args[0]) or _is_written(user):  # then these are to be two
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
