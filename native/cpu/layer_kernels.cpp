#include "cpu/layer_kernels.h"

#include <algorithm>

#include "core/spectral_math.h"
#include "cpu/isa.h"
#include "cpu/panels.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {
namespace {

/// Rows of the batch per iteration, so that scratch stays in the second-level cache. A multiple of every
/// tile height.
constexpr std::size_t block_rows = 72;

/// Scratch of the calling thread, reused from call to call.
template <class T>
struct Scratch {
  AlignedBuffer<T> weights, lanes, result, row_eigenvalues, column_eigenvalues;
};
template <class T>
Scratch<T>& scratch() {
  thread_local Scratch<T> of_thread;
  return of_thread;
}

/// values [rows][columns], row-major, to panels, as to_panels() does it; padding lanes become zero.
template <class T>
void pack_rows(const Kernels<T>& kernels, const Panels& panels, std::size_t rows, const T* values, T* out) {
  for (const Panel& panel : panels.list) {
    T* block = out + panel.offset * rows;
    if (panel.columns < panel.width) std::fill_n(block, rows * panel.width, T(0));
    kernels.copy_rows(
        {rows, panel.columns, values + panel.offset, panels.columns, block, panel.width, nullptr});
  }
}
/// The reverse.
template <class T>
void unpack_rows(const Kernels<T>& kernels, const Panels& panels, std::size_t rows, const T* blocks,
                 T* values) {
  for (const Panel& panel : panels.list)
    kernels.copy_rows({rows, panel.columns, blocks + panel.offset * rows, panel.width, values + panel.offset,
                       panels.columns, nullptr});
}

/// W in panels: over N_out with N_in rows (transposed) or over N_in with N_out rows.
template <class T>
const T* pack_weights(const Kernels<T>& kernels, const Panels& panels, bool transposed, std::size_t rows,
                      const T* matrix, const T* eigenvalues_in, const T* eigenvalues_out) {
  Scratch<T>& own = scratch<T>();
  T* w = own.weights.require(panels.size(rows));
  if (transposed)
    to_panels_transposed(panels, rows, matrix, w);
  else
    to_panels(panels, rows, matrix, w);
  if (!eigenvalues_in) return w;
  const T* of_rows = transposed ? eigenvalues_in : eigenvalues_out;
  const T* of_columns = transposed ? eigenvalues_out : eigenvalues_in;
  T* padded = own.column_eigenvalues.require_zeros(panels.padded);
  std::copy_n(of_columns, panels.columns, padded);
  for (const Panel& panel : panels.list) {
    T* block = w + panel.offset * rows;
    kernels.form_weights(
        {rows, panel.width, block, of_rows, padded + panel.offset, transposed ? T(1) : T(-1), block});
  }
  return w;
}

/// G = delta^T x in panels along the longer side, over the whole batch.
template <class T>
const T* weight_gradient(const Kernels<T>& kernels, const LayerBackward<T>& layer, const Panels& panels,
                         bool wide_out) {
  Scratch<T>& own = scratch<T>();
  const std::size_t across_count = wide_out ? layer.inputs : layer.outputs;
  T* G = own.result.require(panels.size(across_count));
  T* lanes = own.lanes.require(panels.size(block_rows));
  for (std::size_t first = 0; first < layer.batch; first += block_rows) {
    const std::size_t rows = std::min(block_rows, layer.batch - first);
    const T* along = (wide_out ? layer.delta : layer.x) + first * panels.columns;
    const T* across = (wide_out ? layer.x : layer.delta) + first * across_count;
    pack_rows(kernels, panels, rows, along, lanes);
    const Segment<T> batch{across, 1, static_cast<std::ptrdiff_t>(across_count), rows};
    for (const Panel& panel : panels.list)
      kernels.outer_product({across_count, panel.width, &batch, 1, lanes + panel.offset * rows,
                             G + panel.offset * across_count, nullptr, nullptr, first > 0, Epilogue::store});
  }
  return G;
}

/// From G in panels to the gradients of the layer's tensors in public order.
template <class T>
void spectral_gradients(const LayerBackward<T>& layer, const Panels& panels, bool wide_out, const T* G) {
  if (layer.grad_eigenvalues_in) std::fill_n(layer.grad_eigenvalues_in, layer.inputs, T(0));
  if (layer.grad_eigenvalues_out) std::fill_n(layer.grad_eigenvalues_out, layer.outputs, T(0));
  const std::size_t rows = wide_out ? layer.inputs : layer.outputs;
  T* public_order =
      layer.grad_matrix ? layer.grad_matrix : scratch<T>().lanes.require(layer.outputs * layer.inputs);
  if (wide_out)
    from_panels_transposed(panels, rows, G, public_order);
  else
    from_panels(panels, rows, G, public_order);
  if (!layer.eigenvalues_in) return;
  for (std::size_t i = 0; i < layer.outputs; ++i)
    for (std::size_t j = 0; j < layer.inputs; ++j) {
      const std::size_t ij = i * layer.inputs + j;
      const T g = public_order[ij];
      const T term = eigenvalue_gradient_term(g, layer.matrix[ij]);
      if (layer.grad_eigenvalues_in) layer.grad_eigenvalues_in[j] += term;
      if (layer.grad_eigenvalues_out) layer.grad_eigenvalues_out[i] -= term;
      if (layer.grad_matrix)
        layer.grad_matrix[ij] = eigenvector_gradient(g, layer.eigenvalues_in[j], layer.eigenvalues_out[i]);
    }
}

/// dL/dx = delta W, block by block of the batch.
template <class T>
void input_gradient(const Kernels<T>& kernels, const LayerBackward<T>& layer) {
  const Panels panels = cut_panels(layer.inputs, kernels);
  const T* w = pack_weights(kernels, panels, false, layer.outputs, layer.matrix, layer.eigenvalues_in,
                            layer.eigenvalues_out);
  T* result = scratch<T>().result.require(panels.size(block_rows));
  for (std::size_t first = 0; first < layer.batch; first += block_rows) {
    const std::size_t rows = std::min(block_rows, layer.batch - first);
    const Segment<T> delta{layer.delta + first * layer.outputs, static_cast<std::ptrdiff_t>(layer.outputs), 1,
                           layer.outputs};
    for (const Panel& panel : panels.list)
      kernels.outer_product({rows, panel.width, &delta, 1, w + panel.offset * layer.outputs,
                             result + panel.offset * rows, nullptr, nullptr, false, Epilogue::store});
    unpack_rows(kernels, panels, rows, result, layer.grad_x + first * layer.inputs);
  }
}

}  // namespace

template <class T>
void layer_forward(const LayerForward<T>& layer) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  Scratch<T>& own = scratch<T>();
  const Panels panels = cut_panels(layer.outputs, kernels);
  const T* w = pack_weights(kernels, panels, true, layer.inputs, layer.matrix, layer.eigenvalues_in,
                            layer.eigenvalues_out);
  T* bias = own.row_eigenvalues.require_zeros(panels.padded);
  if (layer.bias) std::copy_n(layer.bias, layer.outputs, bias);
  T* result = own.result.require(panels.size(block_rows));
  for (std::size_t first = 0; first < layer.batch; first += block_rows) {
    const std::size_t rows = std::min(block_rows, layer.batch - first);
    const Segment<T> x{layer.x + first * layer.inputs, static_cast<std::ptrdiff_t>(layer.inputs), 1,
                       layer.inputs};
    for (const Panel& panel : panels.list)
      kernels.outer_product({rows, panel.width, &x, 1, w + panel.offset * layer.inputs,
                             result + panel.offset * rows, bias + panel.offset, nullptr, false,
                             Epilogue::store});
    if (layer.z) unpack_rows(kernels, panels, rows, result, layer.z + first * layer.outputs);
    kernels.activate(layer.activation, result, result, panels.size(rows));
    unpack_rows(kernels, panels, rows, result, layer.y + first * layer.outputs);
  }
}

template <class T>
void layer_backward(const LayerBackward<T>& layer) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  if (layer.grad_matrix || layer.grad_eigenvalues_in || layer.grad_eigenvalues_out) {
    const bool wide_out = layer.outputs > layer.inputs;
    const Panels panels = cut_panels(wide_out ? layer.outputs : layer.inputs, kernels);
    spectral_gradients(layer, panels, wide_out, weight_gradient(kernels, layer, panels, wide_out));
  }
  if (layer.grad_bias) {
    std::fill_n(layer.grad_bias, layer.outputs, T(0));
    for (std::size_t b = 0; b < layer.batch; ++b)
      for (std::size_t i = 0; i < layer.outputs; ++i)
        layer.grad_bias[i] += layer.delta[b * layer.outputs + i];
  }
  if (layer.grad_x) input_gradient(kernels, layer);
}

template void layer_forward(const LayerForward<float>&);
template void layer_forward(const LayerForward<double>&);
template void layer_backward(const LayerBackward<float>&);
template void layer_backward(const LayerBackward<double>&);

}  // namespace eigenstudent::cpu
