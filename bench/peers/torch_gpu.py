"""The population of bench/gpu in PyTorch on the GPU, in full float32.

    python3 bench/peers/torch_gpu.py --problem FILE --method eager    students one after the other, as one writes it
    python3 bench/peers/torch_gpu.py --problem FILE --method graphs   all at once: torch.func over stacked students, each step
                                                                       replayed from a CUDA graph

Same data, first values, penalty, optimiser and batches as ours; shuffles are drawn on the device by PyTorch. Prints one JSON
object {"version", "studentStepsPerSecond", "meanTrainLoss"}.
"""

import gpu_problem as problem
import torch
from torch.func import grad, vmap

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.set_float32_matmul_precision("highest")


def answers(parameters, x):
    """10 -> h (ReLU, spectral with lambda_in = 0) -> 20 (ReLU) -> sum."""
    hidden = torch.relu(torch.nn.functional.linear(x, -parameters["lambda_out"][:, None] * parameters["phi"]))
    return torch.relu(torch.nn.functional.linear(hidden, parameters["second"])).sum(dim=1)


def loss_of(parameters, x, labels):
    data = torch.nn.functional.mse_loss(answers(parameters, x), labels)
    phi, lambda_out = parameters["phi"], parameters["lambda_out"]
    return data + problem.L2_EIGENVECTORS * phi.square().sum() + problem.L2_EIGENVALUES_OUT * lambda_out.square().sum()


def to_device(tensors, device):
    return {name: torch.tensor(values, device=device) for name, values in tensors.items()}


def first_values(tensors):
    """Stacked: phi [S, h, 10], lambda_out [S, h], second [S, 20, h]."""
    phi = tensors["phi"]
    return {"phi": phi.clone(), "lambda_out": phi.new_ones(phi.shape[:2]), "second": tensors["second"].clone()}


def wait():
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class Eager:
    """One student, the ordinary way: a loss, backward(), torch.optim.Adam."""

    def __init__(self, tensors, student):
        self.x, self.labels = tensors["x"], tensors["labels"]
        self.parameters = {
            name: values[student].clone().requires_grad_() for name, values in first_values(tensors).items()
        }
        betas = (problem.BETA1, problem.BETA2)
        self.optimizer = torch.optim.Adam(
            self.parameters.values(), lr=problem.LEARNING_RATE, betas=betas, eps=problem.EPSILON
        )

    def epoch(self):
        order = torch.randperm(len(self.x), device=self.x.device)
        for first in range(0, len(order), problem.BATCH):
            batch = order[first : first + problem.BATCH]
            self.optimizer.zero_grad(set_to_none=True)
            loss_of(self.parameters, self.x[batch], self.labels[batch]).backward()
            self.optimizer.step()
        wait()

    def mean_loss(self):
        with torch.no_grad():
            return torch.nn.functional.mse_loss(answers(self.parameters, self.x), self.labels).item()


class Stacked:
    """All students at once. A step reads its batch's places from one buffer, so that one graph serves every batch of a size."""

    def __init__(self, tensors):
        self.x, self.labels = tensors["x"], tensors["labels"]
        self.parameters = first_values(tensors)
        self.m = {name: torch.zeros_like(values) for name, values in self.parameters.items()}
        self.v = {name: torch.zeros_like(values) for name, values in self.parameters.items()}
        self.students = len(self.parameters["phi"])
        self.count = self.x.new_zeros(())
        self.gradient = vmap(grad(loss_of))
        self.graphs = {}

    def step(self, places):
        """places: [students, batch]"""
        gradients = self.gradient(self.parameters, self.x[places], self.labels[places])
        self.count += 1
        correction1 = 1 - problem.BETA1**self.count
        correction2 = (1 - problem.BETA2**self.count).sqrt()
        for name, parameter in self.parameters.items():
            g, m, v = gradients[name], self.m[name], self.v[name]
            m.lerp_(g, 1 - problem.BETA1)
            v.mul_(problem.BETA2).addcmul_(g, g, value=1 - problem.BETA2)
            parameter.sub_(problem.LEARNING_RATE * (m / correction1) / (v.sqrt() / correction2 + problem.EPSILON))

    def capture(self, size):
        """A graph of one step on a batch of this size. What the warm-up did to the students is undone."""
        state = [self.count, *self.parameters.values(), *self.m.values(), *self.v.values()]
        kept = [values.clone() for values in state]
        places = torch.zeros((self.students, size), dtype=torch.int64, device=self.x.device)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                self.step(places)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step(places)
        for values, before in zip(state, kept):
            values.copy_(before)
        return graph, places

    def epoch(self):
        order = torch.rand((self.students, len(self.x)), device=self.x.device).argsort(dim=1)
        for first in range(0, len(self.x), problem.BATCH):
            batch = order[:, first : first + problem.BATCH]
            size = batch.shape[1]
            if not self.x.is_cuda:  # no graphs there
                self.step(batch)
                continue
            if size not in self.graphs:
                self.graphs[size] = self.capture(size)
            graph, places = self.graphs[size]
            places.copy_(batch)
            graph.replay()
        wait()

    def mean_loss(self):
        """Student by student: all answers at once would not fit at h = 1000."""
        total = 0.0
        for student in range(self.students):
            parameters = {name: values[student] for name, values in self.parameters.items()}
            total += torch.nn.functional.mse_loss(answers(parameters, self.x), self.labels).item()
        return total / self.students


def main():
    parser = problem.arguments(__doc__)
    parser.add_argument("--method", choices=["eager", "graphs"], required=True)
    options = parser.parse_args()
    device = "cuda" if options.device == "gpu" else "cpu"
    tensors = to_device(problem.read_problem(options.problem, options.students), device)
    eager = options.method == "eager"
    model = Eager(tensors, 0) if eager else Stacked(tensors)
    for _ in range(options.checked_epochs):
        model.epoch()
    mean_loss = model.mean_loss()
    seconds = problem.seconds_per_epoch(model.epoch, options.seconds)
    students = 1 if eager else model.students
    problem.report(f"torch {torch.__version__} {options.method}", students, len(tensors["x"]), seconds, mean_loss)


if __name__ == "__main__":
    main()
