"""Networks in bfloat16, losses in float32: half the bits where arithmetic is, all of them where it matters."""

import types

import torch

from training.errors import TrainingStopped


def apply(precision, network, device):
    """Lets a network work in a precision; its parameters, inputs and outputs stay in float32.

    So whatever a student's loss does with the outputs is done in float32, however it is written.

    Args:
        precision: "fp32", which changes nothing, or "bf16".
        network: a torch module; changed in place.
        device: the torch.device that it works on.

    Raises:
        TrainingStopped: bf16 where the hardware has no such instructions.
    """
    if precision == "fp32":
        return
    if not _has_bf16(device):
        raise TrainingStopped(
            f"--precision bf16 is slower than fp32 here, since this {device.type.upper()} has no bfloat16 "
            "instructions (AVX512-BF16, AMX, or a GPU from 2020 on): leave --precision out."
        )

    def in_bf16(self, *inputs, **named):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            return type(self).forward(self, *inputs, **named).float()

    network.forward = types.MethodType(in_bf16, network)  # a copy of the network has its own


def _has_bf16(device):
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    can = torch.cpu.get_capabilities()
    # oneDNN takes all of AVX-512, and makes do where the instructions are missing.
    native = can["architecture"] != "x86_64" or can["avx512_bf16"] or can["amx_bf16"]
    return native and torch.ops.mkldnn._is_mkldnn_bf16_supported()
