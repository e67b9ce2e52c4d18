#include "addon/errors.h"

#include <new>
#include <stdexcept>
#include <system_error>

#include "addon/environment.h"
#include "core/errors.h"

namespace eigenstudent {

namespace {

/// May throw: texts need memory.
Failure describe_failure(const std::exception_ptr& exception) {
  const char* no_memory = "not enough memory for this call; use fewer or smaller students, or less data";
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {"out_of_memory", no_memory};
  } catch (const std::length_error&) {  // a std::vector of more elements than any machine can hold
    return {"out_of_memory", no_memory};
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again)
      return {"internal", std::string("unexpected failure in native code: ") + error.what()};
    return {"out_of_memory",
            "the system has no further thread to give; use fewer threads, or raise the limit (ulimit -u or "
            "-v, or "
            "that of "
            "the container)"};
  } catch (const std::exception& error) {
    return {"internal", std::string("unexpected failure in native code: ") + error.what()};
  } catch (...) {
    return {"internal", "unexpected failure in native code"};
  }
}

}  // namespace

Failure failure_of(const std::exception_ptr& exception) noexcept {
  try {
    return describe_failure(exception);
  } catch (...) {  // no memory for the text either: these fit into std::string without allocation
    return {"out_of_memory", "no memory left"};
  }
}

Napi::Error to_js_error(Napi::Env env, const Failure& failure) {
  const Napi::String code = Napi::String::New(env, failure.code);
  const Napi::String message = Napi::String::New(env, failure.message);
  const Napi::FunctionReference& error_class = Environment::of(env).error_class;
  if (!error_class.IsEmpty()) return Napi::Error(env, error_class.New({code, message}));
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", code);
  return error;
}

}  // namespace eigenstudent
