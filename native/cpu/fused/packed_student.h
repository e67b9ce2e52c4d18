// The numbers of one student in the padded order of its plan. They stay packed from one call to the next, so that a call
// costs what its steps cost; reading and writing translate to and from public order. A student that padding would make much
// larger (20 nodes take 32 lanes of AVX-512) is kept compact, in public order, and a thread packs it while it works on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/backend.h"
#include "cpu/fused/plan.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {

/// Parameters and moments in padded order, [plan.block_size] each; padding is zero.
template <class T>
struct StudentBlocks {
  AlignedBuffer<T> parameters, first_moment, second_moment;  // the last one empty when it is not kept
  std::size_t bytes() const { return parameters.bytes() + first_moment.bytes() + second_moment.bytes(); }
};

template <class T>
class PackedStudent {
 public:
  /// All zero. The network, the layout and the plan made for such a network outlive it. moments: that the optimiser
  /// keeps, 1 or 2.
  PackedStudent(const Chain& network, const ParameterLayout& layout, std::shared_ptr<const Plan> plan,
                std::size_t moments);

  const Chain& network() const { return *network_; }
  const ParameterLayout& layout() const { return *layout_; }
  const Plan& plan() const { return *plan_; }
  const std::shared_ptr<const Plan>& shared_plan() const { return plan_; }

  /// values: [layout.size()], public order. A second moment that is not kept is neither read nor written.
  void read(StateBlock block, T* values) const;
  void write(StateBlock block, const T* values);
  /// Any padded block of this plan, such as gradients, in public order.
  void unpack(const T* block, T* values) const;

  /// Whether it is kept in public order; else blocks() are its numbers.
  bool compact() const { return compact_; }
  StudentBlocks<T>& blocks() { return values_; }
  /// Of a compact one: its numbers to padded blocks, and back.
  void load(StudentBlocks<T>& to) const;
  void store(const StudentBlocks<T>& from);

  /// Changes whenever parameters or moments change: values formed from older versions are stale.
  std::uint64_t version() const { return version_; }
  /// Callers that change the parameters in place call this; returns the new version.
  std::uint64_t parameters_changed() { return ++version_; }

  std::size_t bytes() const { return values_.bytes(); }

 private:
  template <class Visit>
  void for_tensors(const Visit& visit) const;
  void pack(const T* values, T* block) const;
  const AlignedBuffer<T>& buffer(StateBlock block) const;

  const Chain* network_;
  const ParameterLayout* layout_;
  std::shared_ptr<const Plan> plan_;
  bool compact_;
  StudentBlocks<T> values_;
  std::uint64_t version_ = 0;
};

extern template class PackedStudent<float>;
extern template class PackedStudent<double>;

}  // namespace eigenstudent::cpu
