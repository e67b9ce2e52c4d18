"""The population of bench/gpu in JAX on the GPU, in full float32: vmap over students, lax.scan over the steps of an epoch,
one jitted call an epoch.

    python3 bench/peers/jax_gpu.py --problem FILE

Same data, first values, penalty, optimiser and batches as ours; shuffles are drawn on the device by JAX. The last, partial
batch of an epoch has a shape of its own, so it follows the scan. Prints one JSON object {"version",
"studentStepsPerSecond", "meanTrainLoss"}.
"""

import gpu_problem as problem
import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_default_matmul_precision", "highest")  # no TF32


def answers(parameters, x):
    """10 -> h (ReLU, spectral with lambda_in = 0) -> 20 (ReLU) -> sum."""
    hidden = jax.nn.relu(x @ (-parameters["lambda_out"][:, None] * parameters["phi"]).T)
    return jax.nn.relu(hidden @ parameters["second"].T).sum(axis=1)


def data_loss(parameters, x, labels):
    return jnp.mean((answers(parameters, x) - labels) ** 2)


def loss_of(parameters, x, labels):
    phi, lambda_out = parameters["phi"], parameters["lambda_out"]
    penalty = problem.L2_EIGENVECTORS * jnp.sum(phi**2) + problem.L2_EIGENVALUES_OUT * jnp.sum(lambda_out**2)
    return data_loss(parameters, x, labels) + penalty


def adam(parameter, m, v, gradient, count):
    m = problem.BETA1 * m + (1 - problem.BETA1) * gradient
    v = problem.BETA2 * v + (1 - problem.BETA2) * gradient**2
    m_hat = m / (1 - problem.BETA1**count)
    v_hat = v / (1 - problem.BETA2**count)
    return parameter - problem.LEARNING_RATE * m_hat / (jnp.sqrt(v_hat) + problem.EPSILON), m, v


def make_epoch(x, labels):
    """The jitted epoch of one student, over all of them."""
    samples = len(x)
    full = samples // problem.BATCH

    def step(state, places):
        parameters, m, v, count = state
        gradient = jax.grad(loss_of)(parameters, x[places], labels[places])
        count = count + 1
        updated = {name: adam(parameters[name], m[name], v[name], gradient[name], count) for name in parameters}
        pick = lambda i: {name: values[i] for name, values in updated.items()}  # noqa: E731
        return (pick(0), pick(1), pick(2), count), None

    def epoch(state, key):
        order = jax.random.permutation(key, samples)
        batches = order[: full * problem.BATCH].reshape(full, problem.BATCH)
        state, _ = lax.scan(step, state, batches)
        if samples % problem.BATCH:
            state, _ = step(state, order[full * problem.BATCH :])
        return state

    return jax.jit(jax.vmap(epoch), donate_argnums=0)


def first_state(tensors):
    phi = jnp.array(tensors["phi"])
    parameters = {"phi": phi, "lambda_out": jnp.ones(phi.shape[:2]), "second": jnp.array(tensors["second"])}
    zeros = lambda: {name: jnp.zeros_like(values) for name, values in parameters.items()}  # noqa: E731
    return parameters, zeros(), zeros(), jnp.zeros(len(phi))


class Model:
    def __init__(self, tensors):
        self.x, self.labels = jnp.array(tensors["x"]), jnp.array(tensors["labels"])
        self.state = first_state(tensors)
        self.students = len(tensors["phi"])
        self.key = jax.random.key(0)
        self.train = make_epoch(self.x, self.labels)

    def epoch(self):
        self.key, mine = jax.random.split(self.key)
        self.state = self.train(self.state, jax.random.split(mine, self.students))
        jax.block_until_ready(self.state)

    def mean_loss(self):
        """Student by student: all answers at once would not fit at h = 1000."""
        losses = lax.map(lambda parameters: data_loss(parameters, self.x, self.labels), self.state[0])
        return float(losses.mean())


def main():
    options = problem.arguments(__doc__).parse_args()
    if jax.default_backend() != options.device:
        raise SystemExit(f"JAX was to run on the {options.device}: its backend is {jax.default_backend()}")
    tensors = problem.read_problem(options.problem, options.students)
    model = Model(tensors)
    for _ in range(options.checked_epochs):
        model.epoch()
    mean_loss = model.mean_loss()
    seconds = problem.seconds_per_epoch(model.epoch, options.seconds)
    problem.report(f"jax {jax.__version__}", model.students, len(tensors["x"]), seconds, mean_loss)


if __name__ == "__main__":
    main()
