"""Runs one network in one other runtime, as run_tensors does in ours.

usage: peer_run.py onnxruntime|openvino|ncnn|inductor MODEL FOLDER PRECISION SECONDS THREADS
MODEL is the file without its extension (.onnx; .ncnn.param and .ncnn.bin; -PRECISION.pt2). FOLDER as run_tensors has it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np


def onnxruntime(model: str, inputs: list, precision: str, threads: int):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(model + ".onnx", options, providers=["CPUExecutionProvider"])
    feed = dict(zip((i.name for i in session.get_inputs()), inputs, strict=True))
    return lambda: session.run(None, feed)


def openvino(model: str, inputs: list, precision: str, threads: int):
    import openvino as ov

    core = ov.Core()
    compiled = core.compile_model(model + ".onnx", "CPU", {
        "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else "bf16", "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    tensors = [ov.Tensor(i) for i in inputs]

    def run():
        request.infer(tensors)
        return [request.get_output_tensor(i).data for i in range(len(compiled.outputs))]

    return run


def ncnn(model: str, inputs: list, precision: str, threads: int):
    import ncnn as lib

    net = lib.Net()
    options = net.opt
    options.num_threads = threads
    options.use_vulkan_compute = False
    options.use_bf16_storage = precision != "float32"
    options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
    net.load_param(model + ".ncnn.param")
    net.load_model(model + ".ncnn.bin")
    # ncnn has no batch: the first dimension goes where pnnx took it away.
    mats = [lib.Mat(np.ascontiguousarray(i[0] if i.ndim > 3 else i)) for i in inputs]

    def run():
        extractor = net.create_extractor()
        for i, mat in enumerate(mats):
            extractor.input(f"in{i}", mat)
        return [np.array(extractor.extract(name)[1]) for name in net.output_names()]

    return run


def inductor(model: str, inputs: list, precision: str, threads: int):
    import torch

    torch.set_num_threads(threads)
    tensors = [torch.from_numpy(i) for i in inputs]
    package = torch._inductor.aoti_load_package(f"{model}-{precision}.pt2")

    def run():
        with torch.no_grad():
            outputs = package(*tensors)
        return [o.float().numpy() for o in (outputs if isinstance(outputs, (tuple, list)) else [outputs])]

    return run


def main() -> None:
    runtime, model, folder, precision, seconds, threads = sys.argv[1:]
    folder = Path(folder)
    shapes = json.loads((folder / "inputs.json").read_text())
    inputs = [np.fromfile(folder / f"input-{i}.f32", np.float32).reshape(s) for i, s in enumerate(shapes)]
    run = {"onnxruntime": onnxruntime, "openvino": openvino, "ncnn": ncnn, "inductor": inductor}[runtime](
        model, inputs, precision, int(threads))
    for i, output in enumerate(run()):
        np.ascontiguousarray(output, np.float32).tofile(folder / f"output-{i}.f32")
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < float(seconds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    times.sort()
    print(json.dumps({"median": times[len(times) // 2], "best": times[0], "calls": len(times),
                      "precision": precision}))


if __name__ == "__main__":
    main()
