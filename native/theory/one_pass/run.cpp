#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/thread_pool.h"
#include "theory/one_pass/engines.h"
#include "theory/one_pass/one_pass.h"

namespace eigenstudent::theory {

OnePassResult run_one_pass(const OnePassSpec& spec, const StopFlag& stop) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const std::size_t records = spec.students * spec.steps.size();
  OnePassResult result;
  result.q.assign(records * spec.units * spec.units, none);
  result.r.assign(records * spec.units * spec.teacher_units, none);
  result.loss.assign(records, none);
  result.escaped.assign(spec.students, none);
  result.diverged.assign(spec.students, none);

  const unsigned threads = std::max(1u, std::min<unsigned>(spec.threads, cpu::available_cores()));
  cpu::ThreadPool pool(threads);
  // Students on one stream share the draws of a step, so that each thread takes as many of them as it can.
  const std::size_t together =
      spec.chain || !spec.shared_stream ? 1 : (spec.students + threads - 1) / threads;
  pool.run((spec.students + together - 1) / together, [&](unsigned, std::size_t group) {
    if (stop.load(std::memory_order_relaxed)) return;
    const std::size_t from = group * together, to = std::min(spec.students, from + together);
    if (spec.chain)
      run_chain(spec, from, result, stop);
    else
      run_direct(spec, from, to, result, stop);
  });
  result.stopped = stop;
  return result;
}

}  // namespace eigenstudent::theory
