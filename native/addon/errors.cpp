#include "addon/errors.h"

#include <new>
#include <stdexcept>

#include "addon/environment.h"
#include "core/errors.h"

namespace eigenstudent {

Failure failure_of(std::exception_ptr exception) noexcept {
  const char* no_memory = "not enough memory for this call; use fewer or smaller students, or less data";
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {"out_of_memory", no_memory};
  } catch (const std::length_error&) {  // a std::vector asked for more than any machine has
    return {"out_of_memory", no_memory};
  } catch (const std::exception& error) {
    return {"internal", std::string("unexpected failure in native code: ") + error.what()};
  } catch (...) {
    return {"internal", "unexpected failure in native code"};
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
