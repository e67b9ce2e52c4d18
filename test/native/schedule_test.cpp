#include "core/schedule.h"

#include "check.h"
#include "core/student.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

Schedule schedule(ScheduleKind kind) {
  Schedule made;
  made.kind = kind;
  made.base = 0.1;
  return made;
}

}  // namespace

TEST("a constant schedule keeps its learning rate") {
  REQUIRE(learning_rate_at(schedule(ScheduleKind::constant), 0, 10) == 0.1);
  REQUIRE(learning_rate_at(schedule(ScheduleKind::constant), 123'456, 10) == 0.1);
}

TEST("step decay multiplies at every whole `every` epochs") {
  Schedule decay = schedule(ScheduleKind::step);
  decay.every = 2;
  decay.factor = 0.5;
  REQUIRE(learning_rate_at(decay, 19, 10) == 0.1);
  REQUIRE_CLOSE(learning_rate_at(decay, 20, 10), 0.05, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(decay, 39, 10), 0.05, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(decay, 40, 10), 0.025, 1e-16);
}

TEST("cosine goes from base to minimum and stays there") {
  Schedule cosine = schedule(ScheduleKind::cosine);
  cosine.total = 4;
  cosine.minimum = 0.02;
  REQUIRE_CLOSE(learning_rate_at(cosine, 0, 10), 0.1, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(cosine, 10, 10), 0.02 + 0.08 * (1 + std::sqrt(0.5)) / 2, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(cosine, 20, 10), 0.06, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(cosine, 40, 10), 0.02, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(cosine, 4000, 10), 0.02, 1e-16);
}

TEST("warmup rises linearly from the first step and multiplies any schedule") {
  Schedule warm = schedule(ScheduleKind::constant);
  warm.warmup = 0.5;  // 5 of 10 steps
  REQUIRE_CLOSE(learning_rate_at(warm, 0, 10), 0.02, 1e-16);
  REQUIRE_CLOSE(learning_rate_at(warm, 3, 10), 0.08, 1e-16);
  REQUIRE(learning_rate_at(warm, 4, 10) == 0.1);
  REQUIRE(learning_rate_at(warm, 5, 10) == 0.1);
  warm.kind = ScheduleKind::cosine;
  warm.total = 1;
  REQUIRE_CLOSE(learning_rate_at(warm, 1, 10), 0.4 * 0.05 * (1 + std::cos(0.1 * 3.14159265358979323846)),
                1e-16);
}

TEST("phases repeat, in steps or in epochs, and no phases train everything") {
  std::vector<Phase> phases = {{train_eigenvalues_in, 2, false}, {train_bias, 1, false}};
  const std::uint8_t in_steps[] = {train_eigenvalues_in, train_eigenvalues_in, train_bias,
                                   train_eigenvalues_in, train_eigenvalues_in, train_bias};
  for (std::uint64_t step = 0; step < 6; ++step) REQUIRE(phase_mask_at(phases, step, 4) == in_steps[step]);
  for (Phase& phase : phases) phase.in_epochs = true;
  for (std::uint64_t step = 0; step < 24; ++step)
    REQUIRE(phase_mask_at(phases, step, 4) == in_steps[step / 4]);
  REQUIRE(phase_mask_at({}, 5, 4) == train_everything);
}

TEST("a mask selects kinds of tensor") {
  const auto spectral = LayerKind::spectral, dense = LayerKind::dense;
  REQUIRE(in_phase(train_eigenvectors, phase_bit_of(spectral, TensorRole::matrix)));
  REQUIRE(!in_phase(train_eigenvectors, phase_bit_of(dense, TensorRole::matrix)));
  REQUIRE(in_phase(train_weights, phase_bit_of(dense, TensorRole::matrix)));
  REQUIRE(!in_phase(train_weights, phase_bit_of(spectral, TensorRole::matrix)));
  REQUIRE(in_phase(train_eigenvalues_in, phase_bit_of(spectral, TensorRole::eigenvalues_in)));
  REQUIRE(!in_phase(train_eigenvalues_in, phase_bit_of(spectral, TensorRole::eigenvalues_out)));
  REQUIRE(in_phase(train_eigenvalues_out, phase_bit_of(spectral, TensorRole::eigenvalues_out)));
  REQUIRE(in_phase(train_bias, phase_bit_of(dense, TensorRole::bias)) &&
          in_phase(train_bias, phase_bit_of(spectral, TensorRole::bias)));
  REQUIRE(!in_phase(train_everything - train_bias, phase_bit_of(dense, TensorRole::bias)));
}

TEST("batches walk through an epoch, the last one partial") {
  Chain network;
  network.layers = {dense_layer(2, 1, Activation::linear)};
  StudentSpec student = make_student(network, DType::float64, 10, 1);
  student.trainer->batch_size = 4;
  REQUIRE(student.trainer->steps_per_epoch() == 3);
  const BatchPlace last = batch_place(*student.trainer, place_after(*student.trainer, 5));
  REQUIRE(last.epoch == 1 && last.first == 8 && last.count == 2);
  const BatchPlace next = batch_place(*student.trainer, place_after(*student.trainer, 6));
  REQUIRE(next.epoch == 2 && next.first == 0 && next.count == 4);
  student.trainer->batch_size = 300;  // larger than the data: one batch
  REQUIRE(student.trainer->batch() == 10 && student.trainer->steps_per_epoch() == 1);
}

TEST("each epoch has its own shuffle, which depends on seed and trial") {
  Chain network;
  network.layers = {dense_layer(2, 1, Activation::linear)};
  StudentSpec student = make_student(network, DType::float64, 50, 1);
  std::vector<std::uint32_t> first, again, other;
  shuffle_epoch(*student.trainer, 3, first);
  shuffle_epoch(*student.trainer, 3, again);
  shuffle_epoch(*student.trainer, 4, other);
  REQUIRE(first == again && first != other);
  student.trainer->trial = 1;
  shuffle_epoch(*student.trainer, 3, other);
  REQUIRE(first != other);
}

}  // namespace eigenstudent::test
