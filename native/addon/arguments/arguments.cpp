#include "addon/arguments/arguments.h"

#include <array>
#include <cmath>
#include <limits>

#include "core/errors.h"

namespace eigenstudent {

namespace {

/// Class name and length of a typed array, as in "Float32Array(12)". Reads no property that a caller could have
/// overwritten.
std::string describe_typed_array(const Napi::TypedArray& array) {
  static constexpr std::array names = {"Int8Array",    "Uint8Array",    "Uint8ClampedArray", "Int16Array",
                                       "Uint16Array",  "Int32Array",    "Uint32Array",       "Float32Array",
                                       "Float64Array", "BigInt64Array", "BigUint64Array"};
  const auto type = static_cast<std::size_t>(array.TypedArrayType());
  const std::string name = type < names.size() ? names[type] : "a typed array";
  return name + "(" + std::to_string(array.ElementLength()) + ")";
}

bool is_detached(const Napi::TypedArray& array) {
  bool detached = false;
  napi_is_detached_arraybuffer(array.Env(), array.ArrayBuffer(), &detached);
  return detached;
}

/// The most bytes that are read of a string: every name is shorter, and messages need not show more. Arbitrary.
constexpr std::size_t most_text = 200;

/// The string in UTF-8, cut to most_text bytes.
std::string start_of(const Napi::Value& value) {
  char text[most_text + 1];
  std::size_t length = 0;
  if (napi_get_value_string_utf8(value.Env(), value, text, sizeof text, &length) != napi_ok)
    throw Napi::Error::New(value.Env());
  return {text, length};
}

std::string quoted(const Napi::Value& value) {
  std::size_t length = 0;  // in UTF-16 units; most_text bytes hold at most as many
  if (napi_get_value_string_utf16(value.Env(), value, nullptr, 0, &length) != napi_ok)
    throw Napi::Error::New(value.Env());
  const std::string rest = length > most_text / 3 ? " (" + std::to_string(length) + " characters)" : "";
  return '"' + start_of(value) + '"' + rest;
}

std::string describe_number(double number) {
  // JavaScript's own spelling: 3, 0.5, NaN, Infinity, 1e+21.
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", number);
  return text;
}

}  // namespace

std::string describe(Napi::Value value) {
  switch (value.Type()) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return value.As<Napi::Boolean>().Value() ? "true" : "false";
    case napi_number:
      return describe_number(value.As<Napi::Number>().DoubleValue());
    case napi_string:
      return quoted(value);
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    case napi_object:
    case napi_external:
      break;
  }
  if (value.IsTypedArray()) return describe_typed_array(value.As<Napi::TypedArray>());
  if (value.IsArray()) return "an array of length " + std::to_string(value.As<Napi::Array>().Length());
  return "an object";
}

std::size_t checked_product(std::size_t a, std::size_t b, const char* where) {
  if (a != 0 && b > std::numeric_limits<std::size_t>::max() / a)
    throw Error("invalid_argument", "expected sizes whose product fits in memory for " + std::string(where) +
                                        ", received " + std::to_string(a) + " x " + std::to_string(b));
  return a * b;
}

void Argument::refuse(const std::string& expected) const {
  throw Error("invalid_argument",
              "expected " + expected + " for " + where_ + ", received " + describe(value_));
}

Argument Argument::field(const char* name) const {
  if (!value_.IsObject()) refuse("an object");
  return {value_.As<Napi::Object>().Get(name), where_.empty() ? name : where_ + "." + name};
}

std::optional<Argument> Argument::optional_field(const char* name) const {
  Argument found = field(name);
  if (found.value().IsUndefined()) return std::nullopt;
  return found;
}

std::uint32_t Argument::array_length(std::optional<std::size_t> length) const {
  if (!value_.IsArray() || (length && value_.As<Napi::Array>().Length() != *length))
    refuse(length ? "an array of length " + std::to_string(*length) : "an array");
  return value_.As<Napi::Array>().Length();
}

double Argument::finite_number() const {
  const double number = value_.IsNumber() ? value_.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!std::isfinite(number)) refuse("a finite number");
  return number;
}

std::uint64_t Argument::integer(std::uint64_t minimum, std::uint64_t maximum) const {
  const double number = value_.IsNumber() ? value_.As<Napi::Number>().DoubleValue() : std::nan("");
  const bool inside = number >= static_cast<double>(minimum) && number <= static_cast<double>(maximum);
  if (!inside || number != std::floor(number))  // NaN is not inside
    refuse("an integer from " + std::to_string(minimum) + " to " + std::to_string(maximum));
  return static_cast<std::uint64_t>(number);
}

bool Argument::boolean() const {
  if (!value_.IsBoolean()) refuse("true or false");
  return value_.As<Napi::Boolean>().Value();
}

std::string Argument::text() const { return value_.IsString() ? start_of(value_) : ""; }

std::size_t Argument::index_of(const std::vector<std::string>& names) const {
  const auto found = std::find(names.begin(), names.end(), text());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  refuse("one of " + known);
}

Napi::TypedArray Argument::typed_array(napi_typedarray_type type, const char* kind,
                                       std::size_t length) const {
  const std::string expected = std::string("a ") + kind + " of length " + std::to_string(length);
  if (!value_.IsTypedArray()) refuse(expected);
  const Napi::TypedArray array = value_.As<Napi::TypedArray>();
  if (is_detached(array))
    throw Error("invalid_argument",
                "expected " + expected + " for " + where_ +
                    ", received one whose buffer is detached: it was transferred to another thread");
  if (array.TypedArrayType() != type || array.ElementLength() != length) refuse(expected);
  return array;
}

}  // namespace eigenstudent
