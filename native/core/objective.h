// The objective of a student: a weighted sum of losses, each of the output of one layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/fields.h"
#include "core/graph.h"
#include "losses/list.h"

namespace eigenstudent {

struct Term {
  LossOptions loss;
  std::size_t layer = 0;  // the layer whose output enters the loss
  std::string target;     // name of an array of the data; empty: the data's targets, or classes
  double weight = 1;

  bool operator==(const Term&) const = default;
};
template <class Visitor, MaybeConst<Term> Spec>
void fields(Visitor& visit, Spec& term) {
  visit("loss", term.loss);
  visit("layer", term.layer);
  visit("target", term.target);
  visit("weight", term.weight);
}

using Objective = std::vector<Term>;

/// Throws Error("invalid_argument") naming the term: no terms, a layer that does not exist, invalid options.
void validate(const Objective& objective, const Graph& network);

/// Throws Error("data_mismatch") when the data do not fit: inputs, dtype, and with an objective the arrays
/// that the terms name, their kind, their width, classes out of range, rows that are not distributions.
void check_fits(const Dataset& data, const Graph& network, const Objective& objective, DType dtype,
                bool needs_targets);

}  // namespace eigenstudent
