"""A worker starts and answers without what it never uses, and says so plainly where a component would need it."""

from __future__ import annotations

import subprocess
import sys

from bench.services import ROOT

_ANSWERS = """
import asyncio, sys
from bot.engine import Engine
from bot.memory import MemoryVault
from content.library import default_library
from pathlib import Path
engine = Engine.load(Path("models/handrail.tar.gz"), default_library(), MemoryVault(60))
print(asyncio.run(engine.reply(engine.start(), "what is a core group")).topics)
left = ("tensorflow.python", "matplotlib", "botocore", "pymongo", "prompt_toolkit", "sklearn")
left += ("apscheduler", "aio_pika", "h5py.h5f")
print([name for name in left if name in sys.modules])
engine.close()
"""
_NEEDS = """
from bot.left_out import Unavailable, leave_out_tensorflow
leave_out_tensorflow()
import tensorflow as tf
class Layer(tf.keras.layers.Layer):
    @tf.function
    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs
try:
    Layer()
except Unavailable as error:
    print(error)
"""


def _output(program: str) -> list[str]:
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def test_a_turn_is_answered_and_nothing_of_them_was_loaded() -> None:
    assert _output(_ANSWERS) == ["('core_group',)", "[]"]


def test_libraries_that_ask_whether_something_is_a_tensor_are_told_that_it_is_none() -> None:
    plots = "from bot.left_out import leave_out_tensorflow as out; out(); import tensorflow; print(tensorflow.is_tensor(1))"
    assert _output(plots) == ["False"]


def test_whoever_would_use_it_is_told() -> None:
    assert _output(_NEEDS) == ["Layer needs TensorFlow"]


def test_whoever_imports_a_connection_afterwards_gets_the_real_one() -> None:
    program = "import bot.engine, matplotlib.pyplot, pymongo; print(matplotlib.__version__[:1], pymongo.MongoClient.__mro__[-1])"
    assert _output(program) == ["3 <class 'object'>"]


def test_the_measuring_of_other_ways_still_has_tensorflow_for_a_rival() -> None:
    assert _output("import bench.evaluate, sys; print('tensorflow.python' in sys.modules)") == ["True"]
