// Images that are shifted and flipped before a step: the moves, their statistics, and training with them.
#include "core/augmentation.h"

#include <array>
#include <map>
#include <set>

#include "contract.h"
#include "executor/augment.h"

namespace eigenstudent::test {

namespace {

constexpr Augmentation both{.shift = 2, .flip = true, .channels = 2, .height = 3, .width = 4};

std::vector<double> moved(const Augmentation& image, const ImageMove& move, const std::vector<double>& from) {
  std::vector<double> to(image.size(), -1);
  move_image(image, move, from.data(), to.data());
  return to;
}

/// A student with 24 inputs and 11 samples in batches of 4.
StudentSpec image_student(DType dtype, std::optional<Augmentation> augment) {
  Chain network;
  network.layers = {spectral_layer(24, 7, Activation::tanh), dense_layer(7, 2, Activation::linear)};
  StudentSpec student = make_student(network, dtype, 11, 3);
  student.trainer->batch_size = 4;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  student.trainer->augment = augment;
  return student;
}

/// The samples of one epoch in its order, each moved, as data of their own.
template <class T>
void move_samples(const Trainer& trainer, std::uint64_t epoch, const Dataset& data, Samples<T>& to) {
  std::vector<std::uint32_t> order;
  shuffle_epoch(trainer, epoch, order);
  const Samples<T>& from = trainer.data->as<T>();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ImageMove move = move_of(*trainer.augment, trainer.seed, trainer.trial, epoch, i);
    move_image(*trainer.augment, move, from.inputs.data() + order[i] * data.input_count,
               to.inputs.data() + i * data.input_count);
    std::copy_n(from.targets.begin() + static_cast<std::ptrdiff_t>(order[i] * data.target_count),
                data.target_count, to.targets.begin() + static_cast<std::ptrdiff_t>(i * data.target_count));
  }
}

}  // namespace

TEST("an image is flipped, then shifted, and zeros move in") {
  const Augmentation one{.shift = 2, .flip = true, .channels = 1, .height = 3, .width = 3};
  const std::vector<double> image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  REQUIRE(moved(one, {0, 0, false}, image) == image);
  REQUIRE((moved(one, {1, 0, false}, image) == std::vector<double>{0, 0, 0, 1, 2, 3, 4, 5, 6}));
  REQUIRE((moved(one, {-1, 2, false}, image) == std::vector<double>{0, 0, 4, 0, 0, 7, 0, 0, 0}));
  REQUIRE((moved(one, {0, 0, true}, image) == std::vector<double>{3, 2, 1, 6, 5, 4, 9, 8, 7}));
  REQUIRE((moved(one, {0, -1, true}, image) == std::vector<double>{2, 1, 0, 5, 4, 0, 8, 7, 0}));
}

TEST("all channels of an image move together") {
  const Augmentation two{.shift = 1, .flip = false, .channels = 2, .height = 2, .width = 2};
  REQUIRE(
      (moved(two, {1, 1, false}, {1, 2, 3, 4, 5, 6, 7, 8}) == std::vector<double>{0, 0, 0, 1, 0, 0, 0, 5}));
}

TEST("shifts are uniform, flips are even, and both are independent") {
  constexpr std::uint64_t samples = 100'000;
  std::map<std::int64_t, double> down, right;
  double flips = 0, product = 0, with_flip = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    const ImageMove move = move_of(both, 7, 1, 3, i);
    down[move.down] += 1;
    right[move.right] += 1;
    flips += move.flip;
    product += static_cast<double>(move.down * move.right);
    with_flip += static_cast<double>(move.down) * (move.flip ? 1 : -1);
  }
  // 5 standard deviations of each count or sum
  const double n = samples, of_value = 5 * std::sqrt(n * 0.2 * 0.8);
  REQUIRE(down.size() == 5 && down.begin()->first == -2 && right.size() == 5 && right.begin()->first == -2);
  for (const auto& counts : {down, right})
    for (const auto& [shift, count] : counts) REQUIRE_CLOSE(count, n / 5, of_value);
  REQUIRE_CLOSE(flips, n / 2, 5 * std::sqrt(n) / 2);
  REQUIRE_CLOSE(product, 0, 5 * 2 * std::sqrt(n));  // variance 2 of either shift
  REQUIRE_CLOSE(with_flip, 0, 5 * std::sqrt(2) * std::sqrt(n));
}

TEST("a move depends on seed, trial, epoch and position, and nothing moves that may not") {
  constexpr Augmentation wide{.shift = 1000, .flip = true, .channels = 1, .height = 2000, .width = 2000};
  std::set<std::pair<std::int64_t, std::int64_t>> moves;
  for (const auto& [seed, trial, epoch, position] :
       {std::array<std::uint32_t, 4>{1, 1, 1, 1}, {2, 1, 1, 1}, {1, 2, 1, 1}, {1, 1, 2, 1}, {1, 1, 1, 2}}) {
    const ImageMove move = move_of(wide, seed, trial, epoch, position);
    moves.insert({move.down, move.right});
    REQUIRE(move == move_of(wide, seed, trial, epoch, position));
    REQUIRE(move_of({}, seed, trial, epoch, position) == ImageMove{});
  }
  REQUIRE(moves.size() == 5);
}

TEST("contract: training with augmentation is training on the moved samples, bit for bit") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (backend.name() == "cuda") return;
    const StudentSpec student = image_student(dtype, both);
    Dataset data = *student.trainer->data;
    if (dtype == DType::float32)
      move_samples(*student.trainer, 0, data, data.float32);
    else
      move_samples(*student.trainer, 0, data, data.float64);
    StudentSpec plain = image_student(dtype, {});
    plain.trainer->shuffle = false;
    plain.trainer->data = std::make_shared<const Dataset>(std::move(data));
    PopulationSpec augmented{.dtype = dtype, .students = {student}, .threads = 1, .general = true};
    PopulationSpec moved_before{.dtype = dtype, .students = {plain}, .threads = 1, .general = true};
    std::vector<std::vector<unsigned char>> results;
    for (PopulationSpec* spec : {&augmented, &moved_before}) {
      const auto population = backend.create(*spec);
      const std::vector<double> values = make_parameters(student.network, 1);
      const std::size_t bytes = values.size() * (dtype == DType::float32 ? 4 : 8);
      const std::vector<float> narrow(values.begin(), values.end());
      population->write(0, StateBlock::parameters,
                        dtype == DType::float32 ? static_cast<const void*>(narrow.data()) : values.data());
      const std::vector<std::uint64_t> until = {1};
      population->run(until, StopFlag{false});
      results.emplace_back(bytes);
      population->read(0, StateBlock::parameters, results.back().data());
    }
    REQUIRE(results[0] == results[1]);
  });
}

TEST("contract: augmentation does not depend on threads nor on other students") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (backend.name() == "cuda") return;
    const StudentSpec student = image_student(dtype, both);
    StudentSpec other = student;
    other.trainer->trial = 5;
    Subject alone = make_subject(backend, dtype, {student});
    Subject among = make_subject(backend, dtype, {student, other, student}, 2);
    alone.run(3);
    among.run(3);
    REQUIRE(among.state(0) == alone.state(0));
    REQUIRE(among.state(2) == alone.state(0));
  });
}

TEST("contract: augmentation continues bit for bit") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (backend.name() == "cuda") return;
    const StudentSpec student = image_student(dtype, both);
    Subject whole = make_subject(backend, dtype, {student}), first = make_subject(backend, dtype, {student});
    whole.run(3);
    first.run(1);
    Subject second(backend, dtype, {student});
    second.restore(0, first.state(0));
    second.run(3);
    REQUIRE(second.state(0) == whole.state(0));
  });
}

TEST("the general executor trains a chain with augmentation, and the CUDA backend refuses it") {
  for (const std::unique_ptr<Backend>& backend : backends()) {
    const auto create = [&] {
      return backend->create({.dtype = DType::float32, .students = {image_student(DType::float32, both)}});
    };
    if (backend->name() == "cuda")
      REQUIRE(
          error_of(create) ==
          "invalid_argument: student 0: the CUDA backend trains on samples as they are, not with augment; "
          "use device 'cpu'");
    if (backend->name() == "cpu") {
      const Execution execution = create()->execution(0);
      REQUIRE(execution.kernels == Kernels::general && execution.reason == "it is trained with augment");
    }
  }
}

TEST("augmentation of other images than the data's, or beyond their edge, is refused") {
  const auto refusal = [](Augmentation augment) {
    const StudentSpec student = image_student(DType::float64, augment);
    return error_of([&] { validate(student, Graph(student.network), DType::float64); });
  };
  REQUIRE(refusal(both) == "nothing was thrown");
  REQUIRE(refusal({2, true, 2, 3, 5}) ==
          "data_mismatch: augment: expected images of 24 numbers, as the samples have, got 2 x 3 x 5");
  constexpr std::size_t huge = std::size_t{1} << 63;
  REQUIRE(
      refusal({2, true, huge, 2, 24}) ==
      "data_mismatch: augment: expected images of 24 numbers, as the samples have, got 9223372036854775808 x "
      "2 x 24");
  REQUIRE(refusal({2, true, 0, 3, 4}) ==
          "data_mismatch: augment: expected images of 24 numbers, as the samples have, got 0 x 3 x 4");
  REQUIRE(refusal({3, true, 2, 3, 4}) ==
          "invalid_argument: shift: expected less than the height and the width of the images, 3 x 4, got 3");
}

}  // namespace eigenstudent::test
