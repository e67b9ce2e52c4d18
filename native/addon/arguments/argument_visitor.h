// Visitors of fields() (core/fields.h) for JavaScript: objects -> structs, structs -> objects.
#pragma once

#include <napi.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "addon/arguments/arguments.h"
#include "addon/dataset.h"
#include "core/fields.h"

namespace eigenstudent {

/// Fills a struct from the properties of an object. Numbers are checked to be of the member's type; what they mean is
/// checked by validate() of core/.
class ArgumentVisitor {
 public:
  explicit ArgumentVisitor(const Argument& object) : object_(object) {}

  template <class Field>
  void operator()(const char* name, Field& field) {
    read(object_.field(name), field);
  }
  /// Absent, or undefined: none.
  template <class Value>
  void operator()(const char* name, std::optional<Value>& value) {
    if (const std::optional<Argument> given = object_.optional_field(name)) read(*given, value.emplace());
  }
  static void read(const Argument& argument, double& value) { value = argument.finite_number(); }
  static void read(const Argument& argument, bool& value) { value = argument.boolean(); }
  static void read(const Argument& argument, DatasetPtr& value) { value = read_dataset(argument); }
  template <std::unsigned_integral Number>
  static void read(const Argument& argument, Number& value) {
    constexpr std::uint64_t largest = std::numeric_limits<Number>::max();
    value = static_cast<Number>(argument.integer(0, std::min(largest, largest_safe_integer)));
  }
  static void read(const Argument& argument, std::string& value) {
    if (!argument.value().IsString()) argument.refuse("a string");
    value = argument.text();
  }
  template <NamedEnum Enum>
  static void read(const Argument& argument, Enum& value) {
    value = argument.named<Enum>();
  }
  /// An object whose property `type` names the alternative.
  template <class... Alternatives>
  static void read(const Argument& argument, std::variant<Alternatives...>& value) {
    const std::vector<std::string> names{Alternatives::type_name...};
    emplace_alternative(value, argument.field("type").index_of(names));
    std::visit([&](auto& alternative) { read(argument, alternative); }, value);
  }
  template <class Element>
  static void read(const Argument& argument, std::vector<Element>& list) {
    list.clear();
    argument.each_element([&](const Argument& element) { read(element, list.emplace_back()); });
  }
  template <class Spec>
  requires requires(ArgumentVisitor& visitor, Spec& spec) { fields(visitor, spec); }
  static void read(const Argument& argument, Spec& spec) {
    ArgumentVisitor visitor(argument);
    fields(visitor, spec);
  }

 private:
  const Argument& object_;
};

/// Sets the properties of an object from a struct; what is absent becomes no property.
class ObjectVisitor {
 public:
  explicit ObjectVisitor(Napi::Env env) : env_(env), object_(Napi::Object::New(env)) {}

  template <class Field>
  void operator()(const char* name, const Field& field) {
    set(name, field);
  }
  Napi::Object object() const { return object_; }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void set(const char* name, Number value) {
    if constexpr (std::is_same_v<Number, bool>)
      object_.Set(name, Napi::Boolean::New(env_, value));
    else
      object_.Set(name, Napi::Number::New(env_, static_cast<double>(value)));
  }
  template <NamedEnum Enum>
  void set(const char* name, Enum value) {
    object_.Set(name, name_of(value));
  }
  void set(const char* name, const std::string& text) {
    if (!text.empty()) object_.Set(name, text);
  }
  template <class Value>
  void set(const char* name, const std::optional<Value>& value) {
    if (value) set(name, *value);
  }
  template <class Element>
  void set(const char* name, const std::vector<Element>& list) {
    Napi::Array array = Napi::Array::New(env_, list.size());
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      ObjectVisitor holder(env_);
      holder.set("element", static_cast<const Element&>(list[i]));
      array.Set(i, holder.object().Get("element"));
    }
    object_.Set(name, array);
  }
  template <class Spec>
  requires requires(ObjectVisitor& visitor, const Spec& spec) { fields(visitor, spec); }
  void set(const char* name, const Spec& spec) { object_.Set(name, to_object(env_, spec)); }

 public:
  template <class Spec>
  static Napi::Object to_object(Napi::Env env, const Spec& spec) {
    ObjectVisitor visitor(env);
    fields(visitor, spec);
    return visitor.object();
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
};

}  // namespace eigenstudent
