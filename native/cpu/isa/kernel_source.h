// The one source of the CPU kernels. Each instruction set's .cpp defines ES_ISA (namespace), ES_ISA_NAME,
// ES_VECTOR_BYTES, ES_REGISTERS and includes this file once, under its own compiler flags.
//
// No std:: template may be instantiated here (see kernels.h); every function is static or always inlined.
#include "cpu/isa/conv.h"
#include "cpu/isa/curve.h"
#include "cpu/isa/elementwise.h"
#include "cpu/isa/images.h"
#include "cpu/isa/layer_pair.h"
#include "cpu/isa/one_pass.h"
#include "cpu/isa/philox.h"
#include "cpu/isa/products.h"
#include "cpu/isa/tables.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

template <class T>
static Kernels<T> make_table() {
  Kernels<T> table{};
  table.isa = ES_ISA_NAME;
  table.lanes = ES_VECTOR_BYTES / sizeof(T);
  table.dot_cost = 1.03;
  // The weights of 20 outputs stay in a first-level cache of 32 KiB, with room for a few rows of the other side; the tallest
  // tile has 8 rows. The plain kernels keep their first values, and so their bits.
  constexpr bool plain = ES_VECTOR_BYTES == 16;
  table.dot_stretch = (plain ? 11 : 6) * 1024 / 5;
  table.row_tile = plain ? 6 : 8;
  table.outer_product = outer_product<T>;
  table.dot_product = dot_product<T>;
  table.update_matrix = update_matrix<T>;
  table.sum_squares = sum_squares<T>;
  table.update_vector = update_vector<T>;
  table.form_weights = form_weights<T>;
  table.activate = activate<T>;
  table.activation_backward = activation_backward<T>;
  table.squared_error = squared_error<T>;
  table.curve_sweep = curve_sweep<T>;
  table.layer_pair = layer_pair<T>;
  table.gather_transposed = gather_transposed<T>;
  table.copy_rows = copy_rows<T>;
  table.draw_blocks = draw_blocks;
  table.column_sums = column_sums<T>;
  table.one_pass = {draw_normals, dot, update_row};
  table.images = {conv_row<T>,      conv_gradient<T>,         channel_moments<T>, normalise<T>,
                  gradient_sums<T>, normalise_backward<T>,    max_pool<T>,        max_pool_backward<T>,
                  average_pool<T>,  average_pool_backward<T>, add_arrays<T>,      mask<T>,
                  sum_vectors<T>,   repeat_vector<T>};
  return table;
}

Kernels<float> table_float32() { return make_table<float>(); }
Kernels<double> table_float64() { return make_table<double>(); }

}  // namespace eigenstudent::cpu::ES_ISA
