// Structs as bytes, by their fields() (core/fields.h): little-endian as the machine is, no padding, lengths before lists.
// Both sides must be built from the same headers; `shape_fingerprint` verifies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/dataset.h"
#include "core/errors.h"
#include "core/fields.h"

namespace eigenstudent {

/// Writes a struct. Data sets are not written: the bytes hold each one's index in `datasets`.
class ByteWriter {
 public:
  std::vector<std::uint8_t> bytes;
  std::vector<DatasetPtr> datasets;

  template <class Field>
  void operator()(const char* /*name*/, const Field& field) {
    write(field);
  }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void write(const Number& number) {
    const std::size_t end = bytes.size();
    bytes.resize(end + sizeof number);
    std::memcpy(bytes.data() + end, &number, sizeof number);
  }
  void write(const std::string& text) {
    write(std::uint64_t{text.size()});
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  void write(const DatasetPtr& data) {
    write(std::uint64_t{datasets.size()});
    datasets.push_back(data);
  }
  template <class Element>
  void write(const std::vector<Element>& list) {
    write(std::uint64_t{list.size()});
    for (const Element& element : list) write(element);
  }
  template <class Value>
  void write(const std::optional<Value>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class... Alternatives>
  void write(const std::variant<Alternatives...>& value) {
    write(static_cast<std::uint64_t>(value.index()));
    std::visit([&](const auto& alternative) { write(alternative); }, value);
  }
  template <class Spec>
  requires requires(ByteWriter& writer, const Spec& spec) { fields(writer, spec); }
  void write(const Spec& spec) { fields(*this, spec); }
};

/// Fills a struct from what ByteWriter wrote. Throws Error("internal") where there are too few or too many
/// bytes, or where they hold a number outside an enumeration.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::span<const DatasetPtr> datasets)
      : bytes_(bytes), datasets_(datasets) {}

  template <class Field>
  void operator()(const char* /*name*/, Field& field) {
    read(field);
  }
  void expect_end() const {
    if (next_ != bytes_.size()) refuse("has bytes behind its end");
  }

 private:
  [[noreturn]] static void refuse(const char* what) {
    throw Error("internal", std::string("the description of a struct ") + what +
                                ": addon and CUDA library were not built from one source");
  }
  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (count > bytes_.size() - next_) refuse("ends too early");
    const auto taken = bytes_.subspan(next_, static_cast<std::size_t>(count));
    next_ += taken.size();
    return taken;
  }
  std::uint64_t length() {
    std::uint64_t count = 0;
    read(count);
    if (count > bytes_.size() - next_) refuse("ends too early");  // an element takes a byte at least
    return count;
  }

  template <class Number>
  requires std::is_arithmetic_v<Number>
  void read(Number& number) { std::memcpy(&number, take(sizeof number).data(), sizeof number); }
  void read(bool& value) {
    const std::uint8_t byte = take(1)[0];
    if (byte > 1) refuse("holds a number where it should say yes or no");
    value = byte == 1;
  }
  template <NamedEnum Enum>
  void read(Enum& value) {
    std::underlying_type_t<Enum> number{};
    read(number);
    if (static_cast<std::size_t>(number) >= EnumNames<Enum>::values.size()) refuse("holds an unknown name");
    value = static_cast<Enum>(number);
  }
  void read(std::string& text) {
    const auto taken = take(length());
    text.assign(taken.begin(), taken.end());
  }
  void read(DatasetPtr& data) {
    std::uint64_t place = 0;
    read(place);
    if (place >= datasets_.size()) refuse("names a data set that is not there");
    data = datasets_[static_cast<std::size_t>(place)];
  }
  template <class Element>
  void read(std::vector<Element>& list) {
    list.resize(static_cast<std::size_t>(length()));
    for (Element& element : list) read(element);
  }
  template <class Value>
  void read(std::optional<Value>& value) {
    bool there = false;
    read(there);
    if (there) read(value.emplace());
  }
  template <class... Alternatives>
  void read(std::variant<Alternatives...>& value) {
    std::uint64_t index = 0;
    read(index);
    if (!emplace_alternative(value, index)) refuse("holds an unknown name");
    std::visit([&](auto& alternative) { read(alternative); }, value);
  }
  template <class Spec>
  requires requires(ByteReader& reader, Spec& spec) { fields(reader, spec); }
  void read(Spec& spec) { fields(*this, spec); }

  std::span<const std::uint8_t> bytes_;
  std::span<const DatasetPtr> datasets_;
  std::size_t next_ = 0;
};

/// Spells out the names and types of all fields of a struct and of the structs in it, and the names of enumerations.
class ShapeWriter {
 public:
  std::string text;

  template <class Field>
  void operator()(const char* name, const Field& field) {
    text += std::string(name) + ":";
    write(field);
    text += ";";
  }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void write(const Number&) {
    const char* kind = std::is_same_v<Number, bool>       ? "flag"
                       : std::is_floating_point_v<Number> ? "float"
                       : std::is_signed_v<Number>         ? "int"
                                                          : "uint";
    text += kind + std::to_string(8 * sizeof(Number));
  }
  template <NamedEnum Enum>
  void write(const Enum&) {
    text += "one of";
    for (const char* name : EnumNames<Enum>::values) text += std::string(" ") + name;
  }
  void write(const std::string&) { text += "text"; }
  void write(const DatasetPtr&) { text += "data"; }
  template <class Element>
  void write(const std::vector<Element>&) {
    text += "list of ";
    write(Element{});
  }
  template <class Value>
  void write(const std::optional<Value>&) {
    text += "optional ";
    write(Value{});
  }
  template <class... Alternatives>
  void write(const std::variant<Alternatives...>&) {
    text += "one of";
    ((text += std::string(" ") + Alternatives::type_name, write(Alternatives{})), ...);
  }
  template <class Spec>
  requires requires(ShapeWriter& writer, const Spec& spec) { fields(writer, spec); }
  void write(const Spec& spec) {
    text += "{";
    fields(*this, spec);
    text += "}";
  }
};

/// A hash (FNV-1a) of the shape of a struct: two builds that agree on it read each other's bytes.
template <class Spec>
std::uint64_t shape_fingerprint() {
  ShapeWriter writer;
  const Spec spec{};
  fields(writer, spec);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char character : writer.text)
    hash = (hash ^ static_cast<std::uint8_t>(character)) * std::uint64_t{0x100000001b3};
  return hash;
}

}  // namespace eigenstudent
