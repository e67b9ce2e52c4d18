// How a call over the boundary ends: 0, or 1 with the failure as text. No exception leaves the library.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include "core/errors.h"
#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

template <std::size_t room>
void copy_text(char (&to)[room], std::string_view from) {
  const std::size_t length = std::min(from.size(), room - 1);
  std::memcpy(to, from.data(), length);
  to[length] = 0;
}

inline int fail(es_error* error, std::string_view code, std::string_view message) {
  copy_text(error->code, code);
  copy_text(error->message, message);
  return 1;
}

template <class Body>
int guarded(es_error* error, const Body& body) noexcept {
  try {
    body();
    return 0;
  } catch (const Error& failure) {
    return fail(error, failure.code(), failure.what());
  } catch (const std::bad_alloc&) {
    return fail(error, "out_of_memory", "not enough memory on the host for this call");
  } catch (const std::exception& failure) {
    return fail(error, "internal", failure.what());
  } catch (...) {
    return fail(error, "internal", "unexpected failure in the CUDA library");
  }
}

}  // namespace eigenstudent::cuda
