#include "addon/arguments/network_arguments.h"

#include "addon/arguments/argument_visitor.h"

namespace eigenstudent {

NetworkSpec read_network(const Argument& argument) {
  NetworkSpec network;
  ArgumentVisitor::read(argument, network);
  return network;
}

PopulationSpec read_population(const Argument& argument) {
  // Arbitrary: far above any machine, low enough that a mistyped number does not start a million threads.
  constexpr std::uint64_t most_threads = 4096;
  argument.field("threads").integer(0, most_threads);
  PopulationSpec population;
  ArgumentVisitor::read(argument, population);
  if (population.threads > most_threads)  // a getter may have returned another number the second time
    argument.field("threads").refuse("the same number of threads each time");
  return population;
}

}  // namespace eigenstudent
