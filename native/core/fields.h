// Describes a struct once for all readers and writers: `fields(visit, spec)` beside the struct calls
// visit("name", spec.member) for each member, in an order that never depends on their values. Visitors read a struct from
// JavaScript (addon/arguments/argument_visitor.h), write it as bytes, read it back and name its shape (core/bytes.h).
#pragma once

#include <concepts>
#include <type_traits>
#include <variant>

namespace eigenstudent {

/// `Spec` or `const Spec`: one fields() works for visitors that read a struct and for visitors that fill it.
template <class Given, class Spec>
concept MaybeConst = std::same_as<std::remove_const_t<Given>, Spec>;

/// The public names of an enumeration's values, `values`, in their order from 0. Specialised beside each enumeration that
/// a field may have.
template <class Enum>
struct EnumNames;

template <class Enum>
concept NamedEnum = std::is_enum_v<Enum> && requires {
  EnumNames<Enum>::values.size();
};

/// The public name of a value; "unknown" for an invalid number.
template <NamedEnum Enum>
const char* name_of(Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < EnumNames<Enum>::values.size() ? EnumNames<Enum>::values[index] : "unknown";
}

/// Sets a variant to its alternative of that index; false where the index is invalid. Alternatives have a
/// public name, `type_name`.
template <class... Alternatives>
bool emplace_alternative(std::variant<Alternatives...>& value, std::size_t index) {
  std::size_t next = 0;
  return ((next++ == index && (value.template emplace<Alternatives>(), true)) || ...);
}

}  // namespace eigenstudent
