#include "cpu/cpu_backend.h"

#include <utility>

#include "cpu/isa.h"
#include "cpu/population.h"

namespace eigenstudent {
namespace {

class CpuBackend final : public Backend {
 public:
  std::string name() const override { return "cpu"; }
  std::string engine() const override { return "cpu-" + cpu_isa(); }
  std::unique_ptr<Population> create(PopulationSpec spec) const override {
    if (spec.dtype == DType::float32)
      return std::make_unique<cpu::CpuPopulation<float>>(std::move(spec), cpu::kernels<float>());
    return std::make_unique<cpu::CpuPopulation<double>>(std::move(spec), cpu::kernels<double>());
  }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<CpuBackend>(); }
std::string cpu_isa() { return cpu::kernels<float>().isa; }
std::vector<std::string> cpu_isa_available() { return cpu::isa_available(); }
unsigned cpu_threads() { return cpu::available_cores(); }

}  // namespace eigenstudent
