// The part of the table of abi.h that works on arrays in device memory.
#pragma once

#include <cstdint>

#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

int array_create(std::int32_t device, std::uint64_t count, es_array** array, es_error* error);
void array_destroy(es_array* array);
int array_write(es_array* array, const float* from, std::uint64_t count, es_error* error);
int array_read(const es_array* array, float* to, std::uint64_t count, es_error* error);
int layer_forward(const es_layer_forward* layer, double* milliseconds, es_error* error);
int layer_backward(const es_layer_backward* layer, double* milliseconds, es_error* error);

}  // namespace eigenstudent::cuda
