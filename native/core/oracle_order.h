// The order in which an oracle would prune: greedy backward elimination by the loss itself. A yardstick for criteria
// that look at parameters alone, not a way to prune large networks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/backend.h"
#include "core/chain.h"
#include "core/dataset.h"

namespace eigenstudent {

/// All nodes of a hidden layer, the first removed first: at each step that one goes without which the loss on `data` is
/// least (of equals the first). A removed node answers 0 whatever its bias and activation.
///
/// With h nodes, n samples and s nodes in the layer above it costs h (h + 1) / 2 passes over n s pre-activations and what
/// lies behind them: the answers of the h nodes and the pre-activations above stay in memory, (h + 2 s) n scalars, and a
/// removal is a rank-one update. One thread; a stop leaves fewer nodes in the order.
/// parameters: [layout size of the network], public order. The data have targets and fit (check_fits).
template <class T>
std::vector<std::uint32_t> oracle_order(const Chain& network, const T* parameters, std::size_t layer,
                                        const Dataset& data, const StopFlag& stop);

}  // namespace eigenstudent
