// Structs as bytes (core/bytes.h): what is written is read back, and what is not whole is refused.
#include <limits>
#include <utility>

#include "check.h"
#include "core/backend.h"
#include "core/bytes.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

/// A population whose every field differs from its default.
PopulationSpec unusual_population() {
  StudentSpec student;
  Chain network;
  network.layers = {spectral_layer(10, 20, Activation::quadratic), dense_layer(20, 5, Activation::erf)};
  network.layers[0].tensor(TensorRole::bias) = {{true, 0.1, 0.2, 0.3}, true};
  network.loss = LossKind::softmax_cross_entropy;
  student.network = network;
  student.network.layers.push_back({BatchNorm{0.25, 1e-3}, {1, 2}, {}});
  student.trainer.emplace();
  student.trainer->optimizer = {OptimizerKind::sgd, 0.9, true, 0.8, 0.7, 1e-3, 0.5};
  student.trainer->learning_rate = {ScheduleKind::cosine, 0.1, 2, 3, 4, 5, 6};
  student.trainer->phases = {{3, 4, true}, {9, std::numeric_limits<std::uint64_t>::max(), false}};
  student.trainer->data = std::make_shared<Dataset>();
  student.trainer->batch_size = 17;
  student.trainer->seed = 18;
  student.trainer->trial = 19;
  StudentSpec other = student;
  other.trainer->data = std::make_shared<Dataset>();
  other.trainer->phases.clear();
  return {DType::float64, {student, other}, 3, true};
}

PopulationSpec read(std::span<const std::uint8_t> bytes, std::span<const DatasetPtr> datasets) {
  PopulationSpec found;
  ByteReader reader(bytes, datasets);
  fields(reader, found);
  reader.expect_end();
  return found;
}

ByteWriter written(const PopulationSpec& spec) {
  ByteWriter writer;
  fields(writer, spec);
  return writer;
}

}  // namespace

TEST("a struct that is written as bytes is read back whole, with its data sets") {
  const PopulationSpec spec = unusual_population();
  const ByteWriter writer = written(spec);
  const PopulationSpec found = read(writer.bytes, writer.datasets);
  REQUIRE(written(found).bytes == writer.bytes);
  REQUIRE(found.students.size() == 2 && found.threads == 3 && found.dtype == DType::float64);
  REQUIRE(found.students[0].network == spec.students[0].network);
  REQUIRE(found.students[0].trainer->data == spec.students[0].trainer->data &&
          found.students[1].trainer->data == spec.students[1].trainer->data);
  REQUIRE(found.students[0].trainer->optimizer.nesterov &&
          found.students[0].trainer->learning_rate.minimum == 6);
  REQUIRE(found.students[0].trainer->phases[1].length == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(found.students[1].trainer->phases.empty() && found.students[1].trainer->trial == 19);
}

TEST("too few bytes, at any place, or too many are refused") {
  ByteWriter writer = written(unusual_population());
  for (std::size_t length = 0; length < writer.bytes.size(); ++length) {
    const Context context("the first " + std::to_string(length) + " bytes");
    const std::string error = error_of([&] { read(std::span(writer.bytes).first(length), writer.datasets); });
    REQUIRE(error.starts_with("internal: the description of a struct ends too early"));
  }
  writer.bytes.push_back(0);
  REQUIRE(error_of([&] {
            read(writer.bytes, writer.datasets);
          }).starts_with("internal: the description of a struct has bytes behind its end"));
}

TEST("bytes with an invalid value of an enumeration, or an unknown data set, are refused") {
  ByteWriter writer = written(unusual_population());
  REQUIRE(error_of([&] { read(writer.bytes, {}); }).find("names a data set that is not there") !=
          std::string::npos);
  writer.bytes[0] = 2;  // the dtype
  REQUIRE(error_of([&] { read(writer.bytes, writer.datasets); }).find("holds an unknown name") !=
          std::string::npos);
}

TEST("the shape of a struct spells out its fields, their types and the names of enumerations") {
  ShapeWriter writer;
  const Phase phase;
  fields(writer, phase);
  REQUIRE(writer.text == "mask:uint8;length:uint64;inEpochs:flag8;");
  ShapeWriter other;
  const Execution execution;
  fields(other, execution);
  REQUIRE(other.text == "kernels:one of unspecified fused layerwise general;reason:text;");
  REQUIRE(shape_fingerprint<Phase>() != shape_fingerprint<Execution>());
  REQUIRE(shape_fingerprint<Progress>() == shape_fingerprint<Progress>());
}

TEST("an optional part is read back as it was, present or absent") {
  for (const bool diverged : {false, true}) {
    Progress progress;
    progress.batch_loss = 0.25;
    if (diverged) progress.divergence = Divergence{7, -1, 0.5};
    ByteWriter writer;
    fields(writer, std::as_const(progress));
    Progress found;
    ByteReader reader(writer.bytes, {});
    fields(reader, found);
    REQUIRE(found.batch_loss == 0.25 && found.divergence.has_value() == diverged);
    if (diverged) REQUIRE(found.divergence->step == 7 && found.divergence->layer == -1);
  }
}

}  // namespace eigenstudent::test
