// The whole of the test framework: tests that register themselves, and requirements that are counted.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/errors.h"

namespace eigenstudent::test {

struct Test {
  const char* name;
  void (*body)();
};

/// All tests of the executable, in the order of linking.
std::vector<Test>& registry();
/// Counts one requirement; a broken one is printed with its place and with what is being tested (see
/// Context).
void require(bool holds, const char* file, int line, const std::string& what);

/// Says what is being tested, in every message until it goes out of scope.
class Context {
 public:
  explicit Context(std::string text);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

struct Registration {
  Registration(const char* name, void (*body)()) { registry().push_back({name, body}); }
};

/// Says of two numbers with these names how far they are apart.
std::string apart(const char* a_name, double a, const char* b_name, double b, double tolerance);

/// Runs `call` and returns "code: message" of the Error it throws, or "nothing was thrown".
template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
  return "nothing was thrown";
}

}  // namespace eigenstudent::test

#define ES_JOIN_(a, b) a##b
#define ES_JOIN(a, b) ES_JOIN_(a, b)

#define TEST(name)                                                                       \
  static void ES_JOIN(test_body_, __LINE__)();                                           \
  static const ::eigenstudent::test::Registration ES_JOIN(test_registration_, __LINE__)( \
      name, ES_JOIN(test_body_, __LINE__));                                              \
  static void ES_JOIN(test_body_, __LINE__)()

#define REQUIRE(condition) ::eigenstudent::test::require((condition), __FILE__, __LINE__, #condition)

/// |a - b| <= tolerance. A NaN on either side fails.
#define REQUIRE_CLOSE(a, b, tolerance)                                                            \
  do {                                                                                            \
    const double es_a = (a), es_b = (b), es_tolerance = (tolerance);                              \
    ::eigenstudent::test::require(std::abs(es_a - es_b) <= es_tolerance, __FILE__, __LINE__,      \
                                  ::eigenstudent::test::apart(#a, es_a, #b, es_b, es_tolerance)); \
  } while (false)

/// The call throws Error with exactly this code and message.
#define REQUIRE_ERROR(call, expected)                                                    \
  do {                                                                                   \
    const std::string es_got = ::eigenstudent::test::error_of([&] { call; });            \
    ::eigenstudent::test::require(                                                       \
        es_got == (expected), __FILE__, __LINE__,                                        \
        std::string(#call " throws\n    ") + (expected) + "\n  but got\n    " + es_got); \
  } while (false)
