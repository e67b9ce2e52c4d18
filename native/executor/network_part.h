// Consecutive layers of a network as a separate network.
#pragma once

#include <cstddef>
#include <vector>

#include "core/graph.h"
#include "core/objective.h"
#include "core/student.h"

namespace eigenstudent {

/// The layers first to end - 1, which read nothing but each other and the layer before the first (of layer 0: the input).
NetworkSpec part_of(const Graph& network, std::size_t first, std::size_t end);

/// The layer with a matrix that alone reads a group, with the layers on either side: the group's units reach
/// the output only through the reader.
struct OnlyReader {
  std::size_t layer;
  NetworkSpec below;    // up to the last layer of the group
  NetworkSpec sums;     // the reader without its activation
  NetworkSpec columns;  // the same without its bias: its weights, read with unit vectors as inputs
  NetworkSpec above;    // from the reader's activation on; reads the reader's sums
  Objective objective;  // of `above`
};

/// The only reader of the group, or none where there are several, another kind of layer, a way around it, or a term of the objective
/// before it.
std::optional<OnlyReader> only_reader_of(const Graph& network, const Objective& objective, std::size_t group);

/// Parameters and buffers of a part that begins with layer `first` of the network. state: the network's.
template <class T>
StudentState<T> state_of_part(const Graph& part, const Graph& network, const StudentState<T>& state,
                              std::size_t first) {
  StudentState<T> found;
  const auto append = [](std::vector<T>& to, const std::vector<T>& from, std::size_t offset,
                         std::size_t size) {
    const auto begin = from.begin() + static_cast<std::ptrdiff_t>(offset);
    to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
  };
  for (const Tensor& tensor : part.layout().tensors())
    for (const Tensor& from : network.layout().tensors())
      if (from.layer == tensor.layer + first && from.description.name == tensor.description.name)
        append(found.parameters, state.parameters, from.offset, from.size());
  for (const Buffer& buffer : part.layout().buffers())
    for (const Buffer& from : network.layout().buffers())
      if (from.layer == buffer.layer + first && from.description.name == buffer.description.name)
        append(found.buffers, state.buffers, from.offset, from.description.size());
  return found;
}

}  // namespace eigenstudent
