// The one source of the CPU kernels. Each instruction set's .cpp defines ES_ISA (namespace), ES_ISA_NAME,
// ES_UNIT_BYTES, ES_WIDE_BYTES, ES_REGISTERS and includes this file once, under its own compiler flags.
//
// No std:: template may be instantiated here (see kernels.h); every function is static or always inlined.
#include "cpu/isa/answers.h"
#include "cpu/isa/curve.h"
#include "cpu/isa/elementwise.h"
#include "cpu/isa/products.h"
#include "cpu/isa/tables.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

template <class T>
static Kernels<T> make_table() {
  constexpr std::size_t unit = ES_UNIT_BYTES / sizeof(T);
  constexpr bool wide = ES_WIDE_BYTES > ES_UNIT_BYTES;
  Kernels<T> table{};
  table.isa = ES_ISA_NAME;
  table.unit = unit;
  // Measured on Zen 4 with inner dimensions of 10 to 300.
  constexpr double narrow_cost[] = {0, 1.3, 2.1, 3}, wide_cost[] = {0, 1.4, 2.5, 3.1, 4.3, 0, 6};
  for (std::size_t units = 0; units <= max_panel_units; ++units)
    table.panel_cost[units] = wide ? wide_cost[units] : units <= 3 ? narrow_cost[units] : 0;
  table.dot_cost = wide ? 1.0 : 1.03;
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
  table.column_sums = column_sums<T>;
  return table;
}

Kernels<float> table_float32() { return make_table<float>(); }
Kernels<double> table_float64() { return make_table<double>(); }

}  // namespace eigenstudent::cpu::ES_ISA
