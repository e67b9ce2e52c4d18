// The shuffles of resident students, drawn on the device: 8 000 indices for every 27 steps of the paper's students would be
// more than a host can compute and copy. The permutation is core's fill_permutation, number by number.
//
// A block has one permutation in shared memory. Its threads draw a stretch of targets side by side; one of
// them swaps, because swaps depend on each other. About 40 cycles per swap: with 14 blocks on a
// multiprocessor a permutation of 8 000 costs it 23 000 cycles, a few in a hundred of the 27 steps it serves.
// A word that Lemire's method rejects (two in a million draws) shifts all later ones, so the rest of its
// stretch is drawn one by one.
#pragma once

#include <type_traits>

#include "core/philox.h"
#include "cuda/device/thread_group.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

inline constexpr int shuffle_threads = 32;
inline constexpr int shuffle_stretch = 128;  // arbitrary: four draws per thread
/// Indices of 16 bits, as shared memory has them, count so many samples.
inline constexpr std::uint32_t most_short_samples = 65536;

/// Word `position` of a stream.
ES_GROUP_CODE std::uint32_t word_at(const Stream& stream, std::uint32_t position) {
  const PhiloxBlock block = philox(stream, position / 4);
  const std::uint32_t low = position % 2 == 0 ? block.word[0] : block.word[1];
  const std::uint32_t high = position % 2 == 0 ? block.word[2] : block.word[3];
  return position % 4 < 2 ? low : high;
}

/// Lemire's bounded draw from one word; false when it has to be drawn again.
ES_GROUP_CODE bool draw_below(std::uint32_t word, std::uint32_t range, std::uint32_t& drawn) {
  const std::uint64_t product = std::uint64_t{word} * range;
  drawn = static_cast<std::uint32_t>(product >> 32);
  const std::uint32_t low = static_cast<std::uint32_t>(product);
  return low >= range || low >= (0u - range) % range;
}

struct ShuffleShared {
  std::uint32_t word;  // the next one of the stream
  std::uint32_t draws[shuffle_stretch];
  bool taken[shuffle_stretch];
  std::uint16_t order[1];  // [short_samples of the kernel]

  static constexpr std::size_t bytes(std::uint32_t short_samples) {
    return sizeof(ShuffleShared) + 2 * std::size_t{short_samples};
  }
  /// The longest permutation for which `room` bytes are enough.
  static constexpr std::uint32_t most_samples(std::size_t room) {
    const std::size_t samples = room > sizeof(ShuffleShared) ? (room - sizeof(ShuffleShared)) / 2 : 0;
    return samples < most_short_samples ? static_cast<std::uint32_t>(samples) : most_short_samples;
  }
};

/// The swaps of one stretch, by one thread: positions left - 1, left - 2, ... while they are above 0.
template <class Index>
ES_GROUP_CODE void swap_stretch(const Stream& stream, ShuffleShared& shared, Index* order,
                                std::uint32_t left) {
  std::uint32_t word = shared.word;
  bool in_step = true;
  ES_NO_UNROLL
  for (std::uint32_t d = 0; d < shuffle_stretch && left > 1; ++d, --left) {
    std::uint32_t to = shared.draws[d];
    in_step = in_step && shared.taken[d];
    if (in_step)
      ++word;
    else
      while (!draw_below(word_at(stream, word++), left, to)) {
      }
    const Index last = order[left - 1];
    order[left - 1] = order[to];
    order[to] = last;
  }
  shared.word = word;
}

struct ShuffleKernel {
  static constexpr int most_threads = shuffle_threads;
  static constexpr bool fills_shared_memory = true;
  const ShuffleJob* jobs;
  std::uint32_t most_epochs;
  std::uint32_t short_samples;  // permutations of more are made in place

  template <class ThreadGroup, class Index>
  ES_GROUP_CODE void shuffle(ThreadGroup& group, const Stream& stream, std::uint32_t samples,
                             const Index& order_of) const {
    group.each([&](int rank, int thread) {
      if (thread == 0) group.template shared<ShuffleShared>(rank)->word = 0;
      for (std::uint32_t i = static_cast<std::uint32_t>(thread); i < samples; i += shuffle_threads)
        order_of(rank)[i] = static_cast<std::remove_reference_t<decltype(*order_of(rank))>>(i);
    });
    group.sync();
    for (std::uint32_t left = samples; left > 1;
         left -= left > shuffle_stretch ? shuffle_stretch : left - 1) {
      group.each([&](int rank, int thread) {
        ShuffleShared& shared = *group.template shared<ShuffleShared>(rank);
        for (std::uint32_t d = static_cast<std::uint32_t>(thread); d < shuffle_stretch && d + 1 < left;
             d += shuffle_threads)
          shared.taken[d] = draw_below(word_at(stream, shared.word + d), left - d, shared.draws[d]);
      });
      group.sync();
      group.each([&](int rank, int thread) {
        if (thread == 0)
          swap_stretch(stream, *group.template shared<ShuffleShared>(rank), order_of(rank), left);
      });
      group.sync();
    }
  }

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const ShuffleJob& job = jobs[group.index() / most_epochs];
    const std::uint32_t epoch = group.index() % most_epochs;
    if (epoch >= job.epochs) return;
    const Stream stream{job.seed, job.trial, Purpose::shuffle, job.first_epoch + epoch};
    std::uint32_t* to = job.order + std::size_t{epoch} * job.samples;
    if (job.samples > short_samples) return shuffle(group, stream, job.samples, [&](int) { return to; });
    const auto order_of = [&](int rank) { return group.template shared<ShuffleShared>(rank)->order; };
    shuffle(group, stream, job.samples, order_of);
    group.each([&](int rank, int thread) {
      for (std::uint32_t i = static_cast<std::uint32_t>(thread); i < job.samples; i += shuffle_threads)
        to[i] = order_of(rank)[i];
    });
  }
};

}  // namespace eigenstudent::cuda
