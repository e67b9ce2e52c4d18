// The one thing of the backends that the main program of the native tests asks, for programs without a GPU backend.
#include "backends.h"

namespace eigenstudent::test {
std::string why_no_gpu() { return "not asked for"; }
}  // namespace eigenstudent::test
