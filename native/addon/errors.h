// How failures leave native code: as JavaScript errors with a stable `code`. The only place that knows how.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace eigenstudent {

/// A caught exception as plain data, so that it can cross from a task's thread to the JavaScript thread.
struct Failure {
  std::string code;
  std::string message;
};

/// Error keeps its code; no memory is "out_of_memory"; anything else is "internal".
Failure failure_of(const std::exception_ptr& exception) noexcept;

/// An instance of the class given to useErrorClass(code, message), or an Error with a property `code`.
Napi::Error to_js_error(Napi::Env env, const Failure& failure);

/// Runs the body of an exported function; what it throws leaves as a JavaScript exception with a code. Errors
/// that are JavaScript's own already (a getter of an argument threw) go through as they are.
template <class Body>
Napi::Value guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_js_error(env, failure_of(std::current_exception()));
  }
}

}  // namespace eigenstudent
