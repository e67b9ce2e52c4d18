// contract_tests [part of a name]...: runs the tests whose name contains one of the arguments, all of them without one.
// Exit code 1 when a requirement is broken, when a test requires nothing, or when no test has such a name.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

#include "backends.h"
#include "check.h"

namespace eigenstudent::test {

namespace {

std::size_t requirements = 0, broken = 0;
std::vector<std::string> contexts;

bool passes(const Test& test) {
  const std::size_t requirements_before = requirements, broken_before = broken;
  try {
    test.body();
  } catch (const std::exception& error) {
    require(false, test.name, 0, std::string("no exception, but got: ") + error.what());
  }
  if (requirements == requirements_before) require(false, test.name, 0, "the test requires something");
  return broken == broken_before;
}

}  // namespace

std::vector<Test>& registry() {
  static std::vector<Test> tests;
  return tests;
}

void require(bool holds, const char* file, int line, const std::string& what) {
  ++requirements;
  if (holds) return;
  // A wrong kernel breaks thousands of requirements; the first few tell where it is wrong.
  if (++broken > 40) return;
  std::printf("%s:%d: required: %s\n", file, line, what.c_str());
  for (const std::string& context : contexts) std::printf("    in %s\n", context.c_str());
}

std::string apart(const char* a_name, double a, const char* b_name, double b, double tolerance) {
  const auto digits = [](double value) {
    char text[32];  // %.17g writes 24 characters at most
    std::snprintf(text, sizeof text, "%.17g", value);
    return std::string(text);
  };
  return std::string(a_name) + " is " + digits(a) + ", " + b_name + " is " + digits(b) + ", more than " +
         digits(tolerance) + " apart";
}

Context::Context(std::string text) { contexts.push_back(std::move(text)); }
Context::~Context() { contexts.pop_back(); }

}  // namespace eigenstudent::test

int main(int count, char** arguments) {
  using namespace eigenstudent::test;
  const auto wanted = [&](const Test& test) {
    return count == 1 || std::any_of(arguments + 1, arguments + count,
                                     [&](const char* part) { return std::strstr(test.name, part); });
  };
  std::size_t passed = 0, failed = 0,
              contracts = 0;  // contracts: of those, the tests that every backend has to pass
  for (const Test& test : registry()) {
    if (!wanted(test)) continue;
    if (std::strncmp(test.name, "contract: ", 10) == 0) ++contracts;
    if (passes(test)) {
      ++passed;
    } else {
      ++failed;
      std::printf("FAILED %s\n", test.name);
    }
    std::fflush(stdout);
  }
  // What ran on every backend but one has to be told: a GPU that is not there is no test that passed.
  if (const std::string reason = why_no_gpu(); !reason.empty())
    std::printf("%zu skipped on a GPU: %s\n", contracts, reason.c_str());
  std::printf("%zu passed, %zu failed (%zu requirements)\n", passed, failed, requirements);
  return failed == 0 && passed > 0 ? 0 : 1;
}
