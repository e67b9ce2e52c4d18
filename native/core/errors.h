// The only exception type that native code throws to addon/. addon/ turns it into a JavaScript error with a `code`.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace eigenstudent {

/// A failure that a caller can act on: a stable `code` for programs, a sentence for users.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

}  // namespace eigenstudent
