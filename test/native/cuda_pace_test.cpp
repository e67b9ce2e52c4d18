// How training is cut into chunks: their length, and the shuffles that they find drawn.
#include <cstdint>

#include "contract.h"
#include "cuda/device/epoch_window.h"
#include "cuda/device/step_pace.h"
#include "cuda/population/cuda_backend.h"

namespace eigenstudent::test {

namespace {

using cuda::EpochWindow;

bool is(const EpochWindow::Epochs& epochs, std::uint64_t first, std::uint64_t count) {
  return epochs.first == first && epochs.count == count;
}

/// Two steps per epoch.
StudentSpec short_student() {
  Chain network;
  network.layers = {spectral_layer(3, 4, Activation::relu), dense_layer(4, 2, Activation::linear)};
  StudentSpec student = make_student(network, DType::float32, 7, 1);
  student.trainer->batch_size = 4;
  return student;
}

}  // namespace

TEST("cuda: an epoch is drawn once while it is in the window") {
  EpochWindow window(4);
  REQUIRE(is(window.require(0, 1), 0, 1));
  REQUIRE(window.require(0, 1).count == 0);
  REQUIRE(is(window.require(0, 3), 1, 2));
  REQUIRE(window.place_of(2) == 2);
  REQUIRE(window.require(2, 3).count == 0);
  REQUIRE(is(window.require(3, 4), 3, 1));
  REQUIRE(is(window.require(3, 6), 3, 3));  // no room behind: anew
  REQUIRE(window.place_of(5) == 2);
  REQUIRE(is(window.require(2, 3), 2, 1));  // before the window: anew
  REQUIRE(is(window.require(9, 13), 9, 4));
}

TEST("cuda: the pace begins with one step and is kept after a short chunk") {
  constexpr double a_step = 1. / 1024;
  cuda::StepPace pace;
  REQUIRE(pace.steps() == 1);
  pace.took(1, a_step);
  REQUIRE(pace.steps() == 8);
  pace.took(8, 8 * a_step);
  REQUIRE(pace.steps() == 51);  // 0.05 s
  pace.took(2, 2 * a_step);     // a run that ended
  REQUIRE(pace.steps() == 51);
  pace.took(51, 5.1);  // a device that somebody else uses too
  REQUIRE(pace.steps() == 1);
}

TEST("cuda: many epochs in one run are as many runs of one") {
  constexpr std::uint64_t epochs = 300;
  for (const bool resident : {true, false}) {
    const Context context(resident ? "fused" : "layer-wise");
    cuda::EmulatedLimits limits;
    limits.resident = resident;
    Subject whole = make_subject(*make_emulated_cuda_backend(limits), DType::float32, {short_student()});
    Subject pieces = make_subject(*make_emulated_cuda_backend(limits), DType::float32, {short_student()});
    whole.run(epochs);
    for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) pieces.run(epoch);
    REQUIRE(whole.state(0) == pieces.state(0));
  }
}

}  // namespace eigenstudent::test
