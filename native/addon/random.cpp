#include "addon/random.h"

#include <limits>
#include <string>

#include "addon/arguments/arguments.h"
#include "addon/errors.h"
#include "core/errors.h"
#include "core/philox.h"
#include "core/random_stretch.h"

namespace eigenstudent {

namespace {

Stream read_stream(Napi::Value value) {
  const Argument argument(value, "stream");
  const auto word = [&](const char* name) {
    return static_cast<std::uint32_t>(
        argument.field(name).integer(0, std::numeric_limits<std::uint32_t>::max()));
  };
  return {argument.field("seed").integer(0, largest_safe_integer), word("trial"),
          static_cast<Purpose>(word("purpose")), word("part")};
}

/// The whole of a caller's array, whatever its length.
template <class T>
std::span<T> read_out(Napi::Value value) {
  const std::size_t length = value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  return Argument(value, "out").array<T>(length);
}

}  // namespace

Napi::Value fill_normal(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Stream stream = read_stream(info[0]);
    const double mean = Argument(info[1], "mean").finite_number();
    const double deviation = Argument(info[2], "deviation").finite_number();
    const std::span<double> out = read_out<double>(info[3]);
    fill_normal(stream, mean, deviation, out.data(), out.size());
    return info.Env().Undefined();
  });
}

Napi::Value fill_normal_stretch(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Stream stream = read_stream(info[0]);
    const double mean = Argument(info[1], "mean").finite_number();
    const double deviation = Argument(info[2], "deviation").finite_number();
    const std::uint64_t from = Argument(info[3], "from").integer(0, largest_safe_integer);
    if (from % 2 != 0)
      throw Error("invalid_argument", "expected an even number for from, received " + std::to_string(from));
    const std::span<double> out = read_out<double>(info[4]);
    fill_normal_stretch(stream, mean, deviation, static_cast<std::size_t>(from), out.data(), out.size());
    return info.Env().Undefined();
  });
}

Napi::Value fill_uniform(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Stream stream = read_stream(info[0]);
    const double low = Argument(info[1], "low").finite_number();
    const double high = Argument(info[2], "high").finite_number();
    const std::span<double> out = read_out<double>(info[3]);
    fill_uniform(stream, low, high, out.data(), out.size());
    return info.Env().Undefined();
  });
}

Napi::Value fill_permutation(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Stream stream = read_stream(info[0]);
    const std::span<std::uint32_t> out = read_out<std::uint32_t>(info[1]);
    fill_permutation(stream, out.data(), out.size());
    return info.Env().Undefined();
  });
}

}  // namespace eigenstudent
