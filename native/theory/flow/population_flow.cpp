#include "theory/flow/population_flow.h"

#include <algorithm>

#include "cpu/thread_pool.h"

namespace eigenstudent {

namespace {

class PopulationFlow final : public FlowObjective {
 public:
  explicit PopulationFlow(const PopulationLoss& loss) : loss_(loss), workspace_(loss.sizes()) {}
  std::size_t size() const override { return loss_.parameters(); }
  double gradient(const double* y, double* gradient) override {
    return loss_.value_and_gradient(y, gradient, workspace_);
  }
  double hessian(const double* y, double* hessian) override { return loss_.hessian(y, hessian, workspace_); }

 private:
  const PopulationLoss& loss_;
  PopulationWorkspace workspace_;
};

}  // namespace

std::vector<FlowResult> population_flows(const PopulationLoss& loss, std::span<const double> starts,
                                         const FlowOptions& options, unsigned threads, const StopFlag& stop) {
  const std::size_t flows = starts.size() / loss.parameters();
  std::vector<FlowResult> results(flows);
  cpu::ThreadPool pool(
      static_cast<unsigned>(std::min<std::size_t>(threads, std::max<std::size_t>(flows, 1))));
  pool.run(flows, [&](unsigned, std::size_t i) {
    PopulationFlow objective(loss);
    results[i] = gradient_flow(objective, starts.data() + i * loss.parameters(), options,
                               [&] { return stop.load(std::memory_order_relaxed); });
  });
  return results;
}

}  // namespace eigenstudent
