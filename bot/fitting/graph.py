"""The encoder as an ONNX graph without its weights: few and large steps, its matrices multiplied in 8 bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from bot.nlu.embedding import TABLE, TABLE_SCALES

Array = NDArray[Any]

# The name of the weights for a token's place, and what is put behind a matrix's name for the scales of its columns.
PLACES, SCALES = "places", ".scales"
IDS, STATES = "input_ids", "last_hidden_state"

_HEADS = 12
_TINY = 1e-12
_OPSET, _FORMAT = 18, 9
# onnxruntime's own steps; all others are ONNX's.
_OURS = "com.microsoft"
_OF_ONNXRUNTIME = frozenset({"MatMulIntegerToFloat", "MultiHeadAttention", "SkipLayerNormalization", "Gelu"})


def graph(weights: Mapping[str, Array], tokens: int, layers: int) -> onnx.ModelProto:
    """The graph for weights of these names and shapes, to be given to it when it is loaded; `tokens` are known to its table."""
    width = weights[PLACES].shape[1]
    drawn = _Drawing()
    states = drawn.embedded()
    for number in range(layers):
        states = drawn.layer(f"{number}.", states)
    drawn.step("Identity", [states], STATES)
    kinds = {"int8": TensorProto.INT8, "float32": TensorProto.FLOAT}
    given = [_given(name, kinds[str(array.dtype)], array.shape) for name, array in weights.items()]
    given += [_given(TABLE, TensorProto.INT8, (tokens, width)), _given(TABLE_SCALES, TensorProto.FLOAT, (tokens, 1))]
    body = helper.make_graph(
        drawn.nodes,
        "encoder",
        [helper.make_tensor_value_info(IDS, TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info(STATES, TensorProto.FLOAT, [1, "length", width])],
        [*given, helper.make_tensor("first", TensorProto.INT64, [1], [0])],
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_OURS, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=_FORMAT)


def products() -> onnx.ModelProto:
    """The graph of bot.nlu.narrow: rows of 8 bits, with 128 for nought, times columns of signed ones."""
    step = helper.make_node("MatMulInteger", ["rows", "asked", "nought"], ["whole"])
    given = [
        helper.make_tensor_value_info("rows", TensorProto.UINT8, ["count", "width"]),
        helper.make_tensor_value_info("asked", TensorProto.INT8, ["width", "vectors"]),
    ]
    made = [helper.make_tensor_value_info("whole", TensorProto.INT32, ["count", "vectors"])]
    body = helper.make_graph([step], "products", given, made, [helper.make_tensor("nought", TensorProto.UINT8, [], [128])])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_FORMAT)


class _Drawing:
    """The graph's steps so far."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []

    def step(self, kind: str, given: list[str], *made: str, **settings: Any) -> str:
        domain = _OURS if kind in _OF_ONNXRUNTIME else ""
        self.nodes.append(helper.make_node(kind, given, list(made), domain=domain, **settings))
        return made[0]

    def embedded(self) -> str:
        """What each token and its place are turned into. Only the rows that a text needs are widened."""
        rows = self.step("Cast", [self.step("Gather", [TABLE, IDS], "rows", axis=0)], "rows.wide", to=TensorProto.FLOAT)
        scales = self.step("Gather", [TABLE_SCALES, IDS], "rows.scales", axis=0)
        meaning = self.step("Mul", [rows, scales], "meaning")
        length = self.step("Shape", [IDS], "length", start=1, end=2)
        places = self.step("Slice", [PLACES, "first", length], "standing")
        both = self.step("Add", [meaning, places], "both")
        return self.step("LayerNormalization", [both, "LayerNorm.weight", "LayerNorm.bias"], "embedded", axis=-1, epsilon=_TINY)

    def layer(self, prefix: str, states: str) -> str:
        self._narrow(states)
        asked, known, said = (self._times(states, f"{prefix}attention.self.{part}") for part in ("query", "key", "value"))
        heard = self.step("MultiHeadAttention", [asked, known, said], f"{prefix}heard", num_heads=_HEADS)
        self._narrow(heard)
        states = self._joined(self._times(heard, f"{prefix}attention.output.dense"), states, f"{prefix}attention.output")
        self._narrow(states)
        thought = self.step("Gelu", [self._times(states, f"{prefix}intermediate.dense")], f"{prefix}thought")
        self._narrow(thought)
        return self._joined(self._times(thought, f"{prefix}output.dense"), states, f"{prefix}output")

    def _narrow(self, states: str) -> None:
        self.step("DynamicQuantizeLinear", [states], *_narrow_form(states))

    def _times(self, states: str, name: str) -> str:
        narrow, scale, zero = _narrow_form(states)
        matrix = f"{name}.weight"
        return self.step("MatMulIntegerToFloat", [narrow, matrix, scale, matrix + SCALES, zero, "", f"{name}.bias"], name)

    def _joined(self, new: str, old: str, name: str) -> str:
        normed = f"{name}.LayerNorm"
        return self.step("SkipLayerNormalization", [new, old, f"{normed}.weight", f"{normed}.bias"], normed, epsilon=_TINY)


def _narrow_form(states: str) -> tuple[str, str, str]:
    return f"{states}.narrow", f"{states}.scale", f"{states}.zero"


def _given(name: str, kind: int, shape: tuple[int, ...]) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="given")
    return tensor
