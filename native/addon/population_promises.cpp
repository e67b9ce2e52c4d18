// The calls of PopulationObject that return a promise.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "addon/dataset.h"
#include "addon/errors.h"
#include "addon/population.h"
#include "addon/task.h"
#include "core/errors.h"

namespace eigenstudent {

namespace {

/// Epochs are 32-bit numbers in the streams of the shuffles (core/philox.h).
constexpr std::uint64_t most_epochs = std::numeric_limits<std::uint32_t>::max();

/// Running statistics where absent.
Statistics read_statistics(const Napi::Value& value) {
  return value.IsUndefined() ? Statistics::running : Argument(value, "statistics").named<Statistics>();
}

/// Partial results are not returned: a call that stop() or dispose() interrupted rejects. (A stopped run
/// consists of whole steps, and resolves.)
void refuse_if_cut_short(const char* call, bool stopped, const Session& session) {
  if (!stopped) return;
  const std::string what = std::string(call) + "() was ended before it had its result, by ";
  if (session.disposed) throw Error("population_disposed", what + "dispose()");
  throw Error("interrupted", what + "stop(). Call it again to have the result");
}

}  // namespace

Napi::Value PopulationObject::run(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    std::vector<std::uint64_t> until;
    for (const double epoch : Argument(info[0], "untilEpoch").array<double>(size_)) {
      const std::string where = "untilEpoch[" + std::to_string(until.size()) + "]";
      until.push_back(Argument(Napi::Number::New(info.Env(), epoch), where).integer(0, most_epochs));
    }
    return start(
        info.Env(), "run",
        [until = std::move(until)](Population& population, const StopFlag& stop) {
          population.run(until, stop);
        },
        [](Napi::Env env) { return env.Undefined(); });
  });
}

Napi::Value PopulationObject::evaluate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      std::vector<DatasetPtr> data;
      std::vector<Evaluation> results;
      bool stopped = false;
    };
    const auto job = std::make_shared<Job>();
    Argument(info[0], "data").each_element([&](const Argument& set) {
      set.each_element([&](const Argument& data) { job->data.push_back(read_dataset_or_null(data)); }, size_);
    });
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    job->results.assign(job->data.size(), {none, none});
    const Statistics statistics = read_statistics(info[1]);
    const auto compute = [job, statistics](Population& population, const StopFlag& stop) {
      population.evaluate(job->data, job->results, stop, statistics);
      job->stopped = stop;
    };
    return start(info.Env(), "evaluate", compute, [job, session = session_](Napi::Env env) {
      refuse_if_cut_short("evaluate", job->stopped, *session);
      Napi::Float64Array numbers = Napi::Float64Array::New(env, 2 * job->results.size());
      for (std::size_t q = 0; q < job->results.size(); ++q) {
        numbers[2 * q] = job->results[q].loss;
        numbers[2 * q + 1] = job->results[q].accuracy;
      }
      return numbers;
    });
  });
}

Napi::Value PopulationObject::predict(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Population& idle_population = idle("predict");
    struct Job {
      std::vector<float> float32;
      std::vector<double> float64;
    };
    const auto job = std::make_shared<Job>();
    const std::size_t student = read_student(info[0]);
    const DatasetPtr data = read_dataset(Argument(info[1], "data"));
    const std::size_t values =
        checked_product(data->samples, idle_population.network(student).outputs(), "samples x outputs");
    const bool narrow = session_->dtype == DType::float32;
    narrow ? job->float32.resize(values) : job->float64.resize(values);
    const Statistics statistics = read_statistics(info[2]);
    const auto compute = [student, data, narrow, job, statistics](Population& population, const StopFlag&) {
      population.predict(student, *data,
                         narrow ? static_cast<void*>(job->float32.data()) : job->float64.data(), statistics);
    };
    return start(info.Env(), "predict", compute, [narrow, job](Napi::Env env) -> Napi::Value {
      if (!narrow) return float64_array(env, job->float64);
      Napi::Float32Array array = Napi::Float32Array::New(env, job->float32.size());
      std::copy(job->float32.begin(), job->float32.end(), array.Data());
      return array;
    });
  });
}

namespace {

std::size_t bytes_of(DType dtype) { return dtype == DType::float32 ? sizeof(float) : sizeof(double); }

/// The gradients of one student, in the population's dtype.
struct StudentGradients {
  DatasetPtr data;
  std::vector<std::uint8_t> parameters, inputs;  // bytes, as the dtype is known at run time only
  Losses losses;
};

/// Copies numbers of the dtype.
Napi::Value floats_of(Napi::Env env, DType dtype, const std::vector<std::uint8_t>& bytes) {
  if (dtype == DType::float32) {
    Napi::Float32Array array = Napi::Float32Array::New(env, bytes.size() / sizeof(float));
    if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
    return array;
  }
  Napi::Float64Array array = Napi::Float64Array::New(env, bytes.size() / sizeof(double));
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

Napi::Value to_js(Napi::Env env, DType dtype, bool of_inputs, const StudentGradients& found) {
  if (!found.data) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("parameters", floats_of(env, dtype, found.parameters));
  if (of_inputs) object.Set("inputs", floats_of(env, dtype, found.inputs));
  object.Set("dataLoss", found.losses.data);
  object.Set("penalty", found.losses.penalty);
  return object;
}

}  // namespace

Napi::Value PopulationObject::gradients(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      std::vector<StudentGradients> students;
      bool stopped = false;
    };
    const auto job = std::make_shared<Job>();
    Argument(info[0], "data")
        .each_element(
            [&](const Argument& data) {
              job->students.push_back({read_dataset_or_null(data), {}, {}, {}});
            },
            size_);
    const bool of_inputs = Argument(info[1], "ofInputs").boolean();
    const Statistics statistics = info[2].IsUndefined() ? Statistics::batch : read_statistics(info[2]);
    const std::size_t scalar = bytes_of(session_->dtype);
    const auto compute = [job, of_inputs, statistics, scalar](Population& population, const StopFlag& stop) {
      for (std::size_t i = 0; i < job->students.size() && !stop; ++i) {
        StudentGradients& student = job->students[i];
        if (!student.data) continue;
        student.parameters.resize(population.layout(i).size() * scalar);
        if (of_inputs) student.inputs.resize(student.data->samples * student.data->input_count * scalar);
        student.losses = population.gradient(i, *student.data, student.parameters.data(),
                                             {statistics, of_inputs ? student.inputs.data() : nullptr});
      }
      job->stopped = stop;
    };
    const DType dtype = session_->dtype;
    return start(info.Env(), "gradients", compute,
                 [job, of_inputs, dtype, session = session_](Napi::Env env) {
                   refuse_if_cut_short("gradients", job->stopped, *session);
                   Napi::Array array = Napi::Array::New(env, job->students.size());
                   for (std::uint32_t i = 0; i < job->students.size(); ++i)
                     array.Set(i, to_js(env, dtype, of_inputs, job->students[i]));
                   return array;
                 });
  });
}

Napi::Value PopulationObject::hessian_product(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      DatasetPtr data;
      std::vector<std::uint8_t> direction, product;  // bytes, as above
    };
    const auto job = std::make_shared<Job>();
    const std::size_t student = read_student(info[0]);
    job->data = read_dataset(Argument(info[1], "data"));
    const std::size_t size = idle("hessianProduct").layout(student).size();
    const auto* direction = static_cast<const std::uint8_t*>(read_block(info[2], "direction", size));
    job->direction.assign(direction, direction + size * bytes_of(session_->dtype));
    job->product.resize(job->direction.size());
    const Statistics statistics = info[3].IsUndefined() ? Statistics::batch : read_statistics(info[3]);
    const auto compute = [job, student, statistics](Population& population, const StopFlag&) {
      population.hessian_product(student, *job->data, job->direction.data(), job->product.data(), statistics);
    };
    return start(info.Env(), "hessianProduct", compute, [job, dtype = session_->dtype](Napi::Env env) {
      return floats_of(env, dtype, job->product);
    });
  });
}

Napi::Value PopulationObject::oracle_order(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      std::vector<std::uint32_t> order;
      bool stopped = false;
    };
    const auto job = std::make_shared<Job>();
    const std::size_t student = read_student(info[0]);
    const auto layer = static_cast<std::size_t>(Argument(info[1], "layer").integer(0, largest_safe_integer));
    const DatasetPtr data = read_dataset(Argument(info[2], "data"));
    const auto compute = [student, layer, data, job](Population& population, const StopFlag& stop) {
      job->order = population.oracle_order(student, layer, *data, stop);
      job->stopped = stop;
    };
    return start(info.Env(), "oracleOrder", compute, [job, session = session_](Napi::Env env) {
      refuse_if_cut_short("oracleOrder", job->stopped, *session);
      Napi::Uint32Array order = Napi::Uint32Array::New(env, job->order.size());
      std::copy(job->order.begin(), job->order.end(), order.Data());
      return order;
    });
  });
}

namespace {

/// A copy of a Uint32Array of any length.
std::vector<std::uint32_t> read_indices(const Napi::Value& value, const char* where) {
  const std::size_t count = value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  const std::span<std::uint32_t> indices = Argument(value, where).array<std::uint32_t>(count);
  return {indices.begin(), indices.end()};
}

}  // namespace

Napi::Value PopulationObject::pruning_curve(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      std::vector<std::uint32_t> order, points;
      std::vector<double> losses;
      bool stopped = false;
    };
    const auto job = std::make_shared<Job>();
    const std::size_t student = read_student(info[0]);
    const auto layer = static_cast<std::size_t>(Argument(info[1], "layer").integer(0, largest_safe_integer));
    job->order = read_indices(info[2], "removalOrder");
    if (!info[5].IsUndefined()) job->points = read_indices(info[5], "points");
    job->losses.assign(job->order.size() + 1, std::numeric_limits<double>::quiet_NaN());
    const DatasetPtr data = read_dataset(Argument(info[3], "data"));
    const Statistics statistics = read_statistics(info[4]);
    const auto compute = [student, layer, data, job, statistics](Population& population,
                                                                 const StopFlag& stop) {
      population.pruning_curve(student, layer, job->order, *data, job->losses, stop, statistics, job->points);
      job->stopped = stop;
    };
    return start(info.Env(), "pruningCurve", compute, [job, session = session_](Napi::Env env) {
      refuse_if_cut_short("pruningCurve", job->stopped, *session);
      return float64_array(env, job->losses);
    });
  });
}

Napi::Value PopulationObject::recalibrate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto stopped = std::make_shared<bool>(false);
    const std::size_t student = read_student(info[0]);
    const DatasetPtr data = read_dataset(Argument(info[1], "data"));
    const auto batch_size =
        static_cast<std::size_t>(Argument(info[2], "batchSize").integer(1, largest_safe_integer));
    const auto compute = [student, data, batch_size, stopped](Population& population, const StopFlag& stop) {
      population.recalibrate(student, *data, batch_size, stop);
      *stopped = stop;
    };
    return start(info.Env(), "recalibrate", compute, [stopped, session = session_](Napi::Env env) {
      refuse_if_cut_short("recalibrate", *stopped, *session);
      return env.Undefined();
    });
  });
}

Napi::Value PopulationObject::start(Napi::Env env, const char* call, Compute compute, Result result) {
  Population& population = idle(call);
  session_->stop = false;
  session_->pending = call;
  try {
    return Task::start(env, {.stop = {session_, &session_->stop},
                             .compute = [compute = std::move(compute), &population,
                                         &stop = session_->stop] { compute(population, stop); },
                             .finish = [env, session = session_] { finish(env, *session); },
                             .result = std::move(result)});
  } catch (...) {
    session_->pending = nullptr;
    throw;
  }
}

}  // namespace eigenstudent
