// A layer without kernels for images that are stored in blocks of samples: it works on copies in row-major
// order.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/images/image_array.h"
#include "cpu/images/image_layers.h"

namespace eigenstudent::cpu {

/// Row-major copies of what a layer reads and writes.
template <class T>
class RowMajor {
 public:
  RowMajor(const LayerPass<T>& pass, const ParallelLoop& loop) : pass_(pass), loop_(loop), rows_(pass) {
    for (std::size_t r = 0; r < pass.x.size(); ++r) {
      inputs_.emplace_back();
      if (is_image(pass.shapes[r])) {
        inputs_.back().resize(pass.batch * size_of(pass.shapes[r]));
        from_lanes(pass.x[r], pass.batch, size_of(pass.shapes[r]), inputs_.back().data(), loop);
      }
      x_.push_back(is_image(pass.shapes[r]) ? inputs_.back().data() : pass.x[r]);
    }
    rows_.x = x_;
    output_.resize(pass.batch * pass.layer.size);
    rows_.y = output_.data();
  }

  template <class Forward>
  void forward(const Forward& forward) {
    forward(rows_);
    copy(output_, pass_.layer.description.output, pass_.y);
  }

  template <class Backward>
  void backward(const LayerGradients<T>& gradients, const Backward& backward) {
    const Shape& shape = pass_.layer.description.output;
    copy_rows(pass_.y, shape, output_);
    std::vector<T> of_y(output_.size());
    copy_rows(gradients.y, shape, of_y);
    std::vector<std::vector<T>> of_x;
    std::vector<T*> places;
    for (std::size_t r = 0; r < gradients.x.size(); ++r) {
      of_x.emplace_back(gradients.x[r] ? pass_.batch * size_of(pass_.shapes[r]) : 0);
      places.push_back(gradients.x[r] ? of_x.back().data() : nullptr);
    }
    backward(rows_, LayerGradients<T>{of_y.data(), gradients.tensors, places});
    for (std::size_t r = 0; r < places.size(); ++r)
      if (places[r]) copy(of_x[r], pass_.shapes[r], gradients.x[r]);
  }

 private:
  void copy(const std::vector<T>& rows, const Shape& shape, T* to) const {
    if (is_image(shape))
      to_lanes(rows.data(), pass_.batch, size_of(shape), to, loop_);
    else
      std::copy(rows.begin(), rows.end(), to);
  }
  void copy_rows(const T* from, const Shape& shape, std::vector<T>& rows) const {
    if (is_image(shape))
      from_lanes(from, pass_.batch, size_of(shape), rows.data(), loop_);
    else
      std::copy_n(from, rows.size(), rows.begin());
  }

  const LayerPass<T>& pass_;
  const ParallelLoop& loop_;
  LayerPass<T> rows_;
  std::vector<std::vector<T>> inputs_;
  std::vector<const T*> x_;
  std::vector<T> output_;
};

}  // namespace eigenstudent::cpu
