// Converts failures of native code to JavaScript errors with a stable `code`. No other file does this.
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

/// Error keeps its code; std::bad_alloc becomes "out_of_memory"; anything else is "internal".
Failure failure_of(const std::exception_ptr& exception) noexcept;

/// An instance of the class given to useErrorClass(code, message), or an Error with a property `code`.
Napi::Error to_js_error(Napi::Env env, const Failure& failure);

/// Runs the body of an exported function; its exceptions become JavaScript exceptions with a code. JavaScript
/// errors (a getter of an argument threw) pass unchanged.
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
