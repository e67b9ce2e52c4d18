// Typed readers of JavaScript values. Each error names the argument, the expected and the received value.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/network_spec.h"

namespace eigenstudent {

/// The largest integer that a JavaScript number holds exactly.
inline constexpr std::uint64_t largest_safe_integer = (std::uint64_t{1} << 53) - 1;

/// A JavaScript value and its path, such as "students[0].network.layers[1].inputs". Every reader
/// throws Error("invalid_argument", "expected ... for ..., received ...").
class Argument {
 public:
  Argument(Napi::Value value, std::string where) : value_(value), where_(std::move(where)) {}

  const Napi::Value& value() const { return value_; }
  const std::string& where() const { return where_; }
  [[noreturn]] void refuse(const std::string& expected) const;

  /// A property; this must be an object.
  Argument field(const char* name) const;
  /// The same where the property may be absent.
  std::optional<Argument> optional_field(const char* name) const;
  /// Calls use(element) for each element in turn; this must be an array, of `length` elements where given. An
  /// exception from `use` ends the loop: an array of 2^32 - 1 holes is refused at its first element.
  template <class Use>
  void each_element(const Use& use, std::optional<std::size_t> length = {}) const;

  double finite_number() const;
  std::uint64_t integer(std::uint64_t minimum, std::uint64_t maximum) const;
  /// A size: at least 1.
  std::size_t count() const { return static_cast<std::size_t>(integer(1, largest_safe_integer)); }
  bool boolean() const;
  /// Empty where it is not a string; cut where it is very long.
  std::string text() const;
  /// Index of the string in a list of names.
  std::size_t index_of(const std::vector<std::string>& names) const;

  /// One of a few names.
  template <class Value>
  Value one_of(std::initializer_list<std::pair<const char*, Value>> names) const;
  /// The public name of a value (core/fields.h).
  template <NamedEnum Enum>
  Enum named() const;
  DType dtype() const { return named<DType>(); }
  Activation activation() const { return named<Activation>(); }

  /// The caller's own memory, not a copy: an array of exactly this kind and length. T: float, double or
  /// uint32_t.
  template <class T>
  std::span<T> array(std::size_t length) const;
  /// The same where the property may be absent: then a null pointer.
  template <class T>
  static T* optional_array(const std::optional<Argument>& argument, std::size_t length);
  /// A copy of a Float32Array or Float64Array, as T.
  template <class T>
  std::vector<T> floats_as(std::size_t length) const;

 private:
  std::uint32_t array_length(std::optional<std::size_t> length) const;
  Napi::TypedArray typed_array(napi_typedarray_type type, const char* kind, std::size_t length) const;

  Napi::Value value_;
  std::string where_;
};

/// The text of a value in a message.
std::string describe(Napi::Value value);

/// a * b, or Error("invalid_argument") naming `where` when that overflows.
std::size_t checked_product(std::size_t a, std::size_t b, const char* where);

template <class Use>
void Argument::each_element(const Use& use, std::optional<std::size_t> length) const {
  const std::uint32_t count = array_length(length);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Napi::HandleScope scope(value_.Env());  // thousands of elements make thousands of handles each
    use(Argument(value_.As<Napi::Object>().Get(i), where_ + "[" + std::to_string(i) + "]"));
  }
}

template <class Value>
Value Argument::one_of(std::initializer_list<std::pair<const char*, Value>> names) const {
  const std::string given = text();
  std::string known;
  for (const auto& [name, value] : names) {
    if (given == name) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  refuse("one of " + known);
}

template <NamedEnum Enum>
Enum Argument::named() const {
  const std::string given = text();
  std::string known;
  for (std::size_t i = 0; i < EnumNames<Enum>::values.size(); ++i) {
    if (given == EnumNames<Enum>::values[i]) return static_cast<Enum>(i);
    known += (i == 0 ? "" : ", ") + std::string(EnumNames<Enum>::values[i]);
  }
  refuse("one of " + known);
}

template <class T>
std::span<T> Argument::array(std::size_t length) const {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::uint32_t>);
  constexpr bool integers = std::is_same_v<T, std::uint32_t>, narrow = std::is_same_v<T, float>;
  constexpr napi_typedarray_type type = integers ? napi_uint32_array
                                        : narrow ? napi_float32_array
                                                 : napi_float64_array;
  constexpr const char* kind = integers ? "Uint32Array" : narrow ? "Float32Array" : "Float64Array";
  const Napi::TypedArray found = typed_array(type, kind, length);
  return {found.As<Napi::TypedArrayOf<T>>().Data(), length};
}

template <class T>
T* Argument::optional_array(const std::optional<Argument>& argument, std::size_t length) {
  return argument ? argument->array<T>(length).data() : nullptr;
}

template <class T>
std::vector<T> Argument::floats_as(std::size_t length) const {
  const bool narrow =
      value_.IsTypedArray() && value_.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (narrow) {
    const std::span<float> from = array<float>(length);
    return std::vector<T>(from.begin(), from.end());
  }
  const std::span<double> from = array<double>(length);
  std::vector<T> to(length);
  for (std::size_t i = 0; i < length; ++i) to[i] = static_cast<T>(from[i]);
  return to;
}

}  // namespace eigenstudent
