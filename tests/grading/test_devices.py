"""The watch complains where PyTorch would on a GPU, and nowhere else."""

import pytest
import torch
import torch.nn.functional as F

from grading.devices import GPU, META, DeviceWatch, WrongDevice, elsewhere

MIXED = {
    "rand": lambda x: torch.rand(4, 1) * x,
    "randn, in place": lambda x: x.clone().mul_(torch.randn(4, 3)),
    "targets": lambda x: F.binary_cross_entropy_with_logits(x, torch.ones(4, 3)),
    "a derived one": lambda x: (torch.zeros(4, 3) + 1).sqrt() - x,
    "one of another type": lambda x: torch.randint(2, (4, 3)).to(torch.float32) * x,
    "numpy": lambda x: torch.from_numpy(__import__("numpy").ones((4, 3), "float32")) + x,
    "shape of another": lambda x: torch.rand(4, 1).expand_as(x) * x,
    "type of another kind": lambda x: torch.ones(4, 3).type(torch.float32) * x,
    "cat": lambda x: torch.cat([x, torch.zeros(4, 3)]),
    "linear": lambda x: F.linear(torch.zeros(2, 3), x),
    "text for a device": lambda x: torch.rand(4, 1, device="cpu") * x,
    "FloatTensor": lambda x: torch.FloatTensor(4, 3).uniform_() * x,
    "distribution": lambda x: torch.distributions.Normal(torch.zeros(3), torch.ones(3)).log_prob(x),
    "a device written out": lambda x: torch.rand(4, 1, device=torch.device("cpu")) * x,
    "moved elsewhere": lambda x: torch.rand(4, 1).to("cpu") * x,
    "asarray": lambda x: torch.asarray([[1.0, 2, 3]]) * x,
    "a type that goes back to the CPU": lambda x: x.type(torch.DoubleTensor) * x,
    "a type that goes back to the CPU, by keyword": lambda x: x.type(dtype=torch.LongTensor) * x,
    "as_tensor of one": lambda x: torch.as_tensor(torch.rand(4, 1)) * x,
    "asarray of one": lambda x: torch.asarray(torch.rand(4, 1)) * x,
    "ShortTensor": lambda x: torch.ShortTensor(4, 3).zero_() * x,
    "asarray, elsewhere": lambda x: torch.asarray([[1.0, 2, 3]], device="cpu") * x,
    "a sample": lambda x: torch.distributions.Uniform(0, 1).sample((4, 1)) * x,
    "grad_outputs": lambda x: torch.autograd.grad(
        (x.requires_grad_() ** 2).sum(1), x, grad_outputs=torch.ones(4), create_graph=True
    ),
}


def within(device, function):
    with device:
        return function()


def with_default(device, function):
    torch.set_default_device(device)
    try:
        return function()
    finally:
        torch.set_default_device(None)  # "cpu" would leave a mode behind


FINE = {
    "device given": lambda x: torch.rand(4, 1, device=GPU) * x,
    "device of the input": lambda x: torch.zeros(4, 3, device=x.device) + x,
    "like": lambda x: torch.ones_like(x) * x,
    "moved": lambda x: torch.rand(4, 1).to(GPU) * x,
    "moved by keyword": lambda x: torch.rand(4, 1).to(device=x.device, dtype=torch.float32) * x,
    "moved to another": lambda x: torch.rand(4, 1).to(x) * x,
    "type_as": lambda x: torch.rand(4, 1).type_as(x) * x,
    "a single number": lambda x: torch.tensor(2.0) * x + torch.ones(()),
    "a python number": lambda x: 2 * x,
    "a sample of numbers on the device": lambda x: (
        torch.distributions.Uniform(torch.zeros(1, device=x.device), torch.ones(1, device=GPU)).sample((4,)) * x
    ),
    "shape of another, then moved": lambda x: torch.rand(4, 1).expand_as(x).to(x.device) * x,
    "type by name": lambda x: torch.rand(4, 1).type(x.type()) * x,
    "cuda if the device's type is": lambda x: (torch.rand(4, 1).cuda() if GPU.type == "cuda" else torch.rand(4, 1)) * x,
    "cuda if the input's type is": lambda x: torch.rand(4, 1, device="cuda" if x.device.type == "cuda" else "cpu") * x,
    "cuda if its name says so": lambda x: torch.rand(4, 1).to("cuda:0" if "cuda" in str(x.device) else "cpu") * x,
    "number of the device": lambda x: torch.rand(4, 1).to(x.get_device()) * x,
    "number of the device, by name": lambda x: torch.rand(4, 1, device=x.get_device() if x.is_cuda else "cpu") * x,
    "device made of its name": lambda x: torch.rand(4, 1, device=torch.device(x.device.type)) * x,
    "device of a block": lambda x: within(x.device, lambda: torch.rand(4, 1)) * x,
    "default device": lambda x: with_default(x.device, lambda: torch.rand(4, 1)) * x,
    "a module that is moved": lambda x: torch.nn.BCEWithLogitsLoss().to(x.device)(x, torch.ones_like(x)) * x,
    "a layer that is moved": lambda x: torch.nn.Linear(3, 3, device=x.device)(x) * x,
    "a generator": lambda x: torch.rand(4, 1, generator=torch.Generator("cuda"), device=x.device) * x,
    "cuda if the input is": lambda x: (torch.rand(4, 1).cuda() if x.is_cuda else torch.rand(4, 1)) * x,
    "asarray, device given": lambda x: torch.asarray([[1.0, 2, 3]], dtype=torch.float32, device=GPU) * x,
    "asarray of one on the device": lambda x: torch.asarray(x) * x,
    "asarray, moved": lambda x: torch.asarray(torch.rand(4, 1), device=x.device) * x,
    "as_tensor, moved": lambda x: torch.as_tensor(torch.rand(4, 1), dtype=torch.float32, device=x.device) * x,
    "FloatTensor, moved": lambda x: torch.FloatTensor(4, 3).uniform_().to(x.device) * x,
    "a type of the CPU, moved": lambda x: torch.randint(3, (4, 1)).type(torch.LongTensor).to(GPU) * x,
    "a type of the CPU and back": lambda x: x.type(torch.LongTensor).to(x.device) * x,
    "a type of the device": lambda x: torch.rand(4, 1).type(torch.cuda.FloatTensor) * x,
    "made of a type of the device": lambda x: (torch.cuda if x.is_cuda else torch).FloatTensor(4, 3).zero_() * x,
    "forward mode": lambda x: torch.vmap(torch.func.jacfwd(torch.sin))(x).sum(1) * x,
    "device as text": lambda x: torch.rand(4, 1, device=str(x.device)) * x,
    "new_zeros": lambda x: x.new_zeros(4, 3) + x,
    "an index": lambda x: x[torch.randperm(4)],
    "a value": lambda x: x.clone().__setitem__(slice(0, 1), torch.zeros(1, 3)),
    "both adrift": lambda x: torch.zeros(3) + torch.ones(3),
    "gradient": lambda x: torch.autograd.grad((x.requires_grad_() ** 2).sum(), x, create_graph=True)[0].norm() * x,
}


@pytest.mark.parametrize("name", MIXED)
def test_a_mixture_is_found(name):
    x = torch.ones(4, 3)
    with pytest.raises(WrongDevice, match="device="), DeviceWatch():
        MIXED[name](x)


@pytest.mark.parametrize("name", FINE)
def test_what_works_on_a_gpu_is_let_through(name):
    x = torch.ones(4, 3)
    with DeviceWatch():
        FINE[name](x)


def test_within_a_device_context_everything_has_a_device():
    x = torch.ones(4, 3)
    with DeviceWatch(), GPU:
        torch.zeros(4, 3) + x


def test_types_stay_types():
    x = torch.ones(4, 3)
    with DeviceWatch():
        assert isinstance(x, torch.FloatTensor) and isinstance(x, (torch.cuda.LongTensor, torch.FloatTensor))
        assert not isinstance(x, torch.LongTensor) and not isinstance(3, torch.FloatTensor)
        assert not issubclass(torch.Tensor, torch.FloatTensor)
        assert x.type(torch.LongTensor).dtype == torch.LongTensor.dtype == torch.int64


def test_the_old_constructors_are_put_back():
    before = torch.FloatTensor, torch.cuda.FloatTensor, torch.from_numpy
    with pytest.raises(ZeroDivisionError), DeviceWatch():
        raise ZeroDivisionError
    assert before == (torch.FloatTensor, torch.cuda.FloatTensor, torch.from_numpy)


KEPT = torch.distributions.Normal(torch.zeros(3), torch.ones(3))
UNSEEN = {  # by the watch, or made before it
    "Variable": lambda x: torch.autograd.Variable(torch.ones(4, 3)) * x,
    "Tensor": lambda x: torch.Tensor(4, 3).uniform_() * x,
    "a parameter": lambda x: torch.nn.Parameter(torch.rand(4, 3)) + x,
    "a distribution that is kept": KEPT.log_prob,
}


@pytest.mark.parametrize("name", UNSEEN)
def test_elsewhere_finds_what_the_watch_does_not_see(name):
    x = torch.ones(4, 3)
    with DeviceWatch():
        UNSEEN[name](x)
    checks = torch.distributions.Distribution._validate_args
    with pytest.raises(WrongDevice, match="device="), elsewhere():
        UNSEEN[name](torch.ones(4, 3, device=META))
    assert torch.distributions.Distribution._validate_args == checks


@pytest.mark.parametrize("name", ["rand", "targets", "distribution", "grad_outputs", "numpy", "a sample"])
def test_elsewhere_finds_mixtures_too(name):
    with pytest.raises(WrongDevice), elsewhere():
        MIXED[name](torch.ones(4, 3, device=META))


@pytest.mark.parametrize("name", FINE)
def test_elsewhere_lets_through_what_works_on_a_gpu_and_what_needs_numbers(name, capsys):
    with elsewhere():
        FINE[name](torch.ones(4, 3, device=META))
    with elsewhere():
        x = torch.ones(4, 3, device=META)
        print(x.sum().item(), x)
    with elsewhere():
        (torch.rand(4, 1).to("cuda") * torch.ones(4, 3, device=META).cuda()).cpu().numpy()
    assert capsys.readouterr() == ("", "")
