#include "addon/oracle.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "addon/argument_visitor.h"
#include "addon/dataset.h"
#include "addon/errors.h"
#include "addon/network_arguments.h"
#include "addon/task.h"
#include "core/chain.h"
#include "core/errors.h"
#include "core/graph.h"
#include "core/oracle_order.h"

namespace eigenstudent {

namespace {

struct OracleJob {
  Chain network;
  std::size_t layer = 0;
  DatasetPtr data;
  std::vector<float> float32;  // parameters, in the dtype of the data
  std::vector<double> float64;
  std::vector<std::uint32_t> order;
  StopFlag stop{false};

  void run() {
    order = data->dtype == DType::float32
                ? eigenstudent::oracle_order(network, float32.data(), layer, *data, stop)
                : eigenstudent::oracle_order(network, float64.data(), layer, *data, stop);
    if (order.size() < network.layers[layer].outputs)
      throw Error("interrupted",
                  "oracleOrder() was ended before it had its answer. Call it again to have it");
  }
};

std::shared_ptr<OracleJob> read_job(const Argument& request) {
  auto job = std::make_shared<OracleJob>();
  const Graph network(read_network(request.field("network")));
  Objective objective;
  ArgumentVisitor::read(request.field("objective"), objective);
  validate(objective, network);
  const std::optional<Chain> chain = chain_of(network.spec(), objective);
  if (!chain)
    throw Error("invalid_network",
                "the oracle's order is found for chains of dense and spectral layers, but " +
                    why_no_chain(network.spec(), objective));
  job->network = *chain;
  const Argument layer = request.field("layer");
  const std::size_t layers = job->network.layers.size();
  if (layers < 2) layer.refuse("a hidden layer of a network that has some");
  job->layer = static_cast<std::size_t>(layer.integer(0, layers - 2));
  job->data = read_dataset(request.field("data"));
  check_fits(*job->data, network, objective, job->data->dtype, true);
  const std::size_t size = network.layout().size();
  const Argument parameters = request.field("parameters");
  if (job->data->dtype == DType::float32)
    job->float32 = parameters.floats_as<float>(size);
  else
    job->float64 = parameters.floats_as<double>(size);
  return job;
}

}  // namespace

Napi::Value oracle_order(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::shared_ptr<OracleJob> job = read_job(Argument(info[0], "request"));
    return Task::start(info.Env(), {.stop = {job, &job->stop},
                                    .compute = [job] { job->run(); },
                                    .finish = [] {},
                                    .result = [job](Napi::Env env) -> Napi::Value {
                                      Napi::Uint32Array order =
                                          Napi::Uint32Array::New(env, job->order.size());
                                      std::copy(job->order.begin(), job->order.end(), order.Data());
                                      return order;
                                    }});
  });
}

}  // namespace eigenstudent
