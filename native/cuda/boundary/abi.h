/* The boundary between the addon and libeigenstudent-cuda: plain C, versioned, no exception and no C++ type crosses it.
 *
 * The library exports one function, es_cuda_interface, which returns a table of functions. The addon (loader.cpp)
 * opens the library at run time, so that it loads and works where there is no library, no driver and no GPU.
 *
 * Rules. A function that can fail returns 0 on success, else 1 with *error filled. Every handle that was
 * created is destroyed once; a population keeps what it needs of its backend and its data sets, which may be
 * destroyed before it. Two threads must not call functions for one population at the same time. Structs of
 * core/ are passed as blobs,
 * enumerations as their numbers: version and fingerprint ensure that both sides are built from one source tree. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts changes of this file that an older addon would misinterpret. */
#define ES_CUDA_ABI 4u

typedef struct es_backend es_backend;
typedef struct es_population es_population;
typedef struct es_dataset es_dataset;
typedef struct es_array es_array; /* float32 numbers in device memory */

typedef struct {
  char code[32];
  char message[2016]; /* ends with 0; longer text is cut */
} es_error;

/* ---- Devices ---- */

typedef struct {
  char name[128];
  uint32_t capability; /* 10 major + minor */
  uint32_t usable;     /* 0: too old for this library */
  uint64_t total_bytes;
  uint64_t free_bytes; /* at the time of the call */
} es_device;

typedef struct {
  int32_t driver_version;  /* newest CUDA that the driver supports, 1000 major + 10 minor; 0: no driver */
  int32_t runtime_version; /* CUDA that the library was built with */
  uint32_t device_count;
  uint32_t emulated; /* 1: there is no GPU, the kernels run on the CPU; for tests */
  char reason[512];  /* why no device can be used; empty where one can */
} es_survey;

/* ---- Students ---- */

/* A struct of core/ as bytes (core/bytes.h). */
typedef struct {
  const uint8_t* bytes; /* [size] */
  uint64_t size;
} es_blob;

/* Receives a blob, which is freed after it returns. */
typedef void (*es_take_blob)(void* taker, es_blob blob);

/* Copied by dataset_create. T is float or double, after dtype. */
typedef struct {
  uint32_t dtype;
  uint64_t samples, input_count, target_count;
  const void* inputs;      /* T [samples][input_count] */
  const void* targets;     /* T [samples][target_count], or null */
  const uint32_t* classes; /* [samples], or null */
} es_samples;

typedef struct {
  double loss, accuracy;
} es_evaluation;

/* A byte that another thread may set to a value other than 0 at any time: a lock-free std::atomic<bool>. */
typedef const unsigned char* es_stop_flag;

/* ---- Single layers on device arrays ---- */

/* All arrays on one device. B = batch, N_in = inputs, N_out = outputs; see core/layer_arguments.h for the shapes. Null:
 * not there, or not wanted. */
typedef struct {
  uint64_t batch, inputs, outputs;
  uint32_t activation;
  const es_array *x, *matrix, *eigenvalues_in, *eigenvalues_out, *bias;
  es_array *z, *y;
} es_layer_forward;

typedef struct {
  uint64_t batch, inputs, outputs;
  const es_array *x, *matrix, *eigenvalues_in, *eigenvalues_out, *delta;
  es_array *grad_matrix, *grad_eigenvalues_in, *grad_eigenvalues_out, *grad_bias, *grad_x;
} es_layer_backward;

/* ---- The table ---- */

typedef struct {
  uint32_t abi;        /* ES_CUDA_ABI of the library */
  const char* version; /* of the package that the library was built from; must be the addon's */
  uint32_t arithmetic; /* core/arithmetic.h of the library; must be the addon's, which is what records name */
  uint64_t fingerprint; /* of the structs that travel as blobs (cuda/boundary/blobs.h); must be the addon's */

  /* Never fails: errors are in the survey. Fills at most `capacity` of the survey->device_count devices. */
  void (*survey)(es_survey* survey, es_device* devices, uint32_t capacity);

  int (*backend_create)(const int32_t* devices, uint64_t device_count, es_backend** backend, es_error* error);
  void (*backend_destroy)(es_backend* backend);
  const char* (*backend_engine)(const es_backend* backend); /* lives as long as the backend */

  int (*dataset_create)(const es_samples* samples, es_dataset** dataset, es_error* error);
  void (*dataset_destroy)(es_dataset* dataset);

  /* spec: a PopulationSpec; data: [data_count], by their places in it */
  int (*population_create)(const es_backend* backend, es_blob spec, const es_dataset* const* data,
                           uint64_t data_count, es_population** population, es_error* error);
  void (*population_destroy)(es_population* population);
  /* until_epoch: [count] */
  int (*run)(es_population* population, const uint64_t* until_epoch, uint64_t count, es_stop_flag stop,
             es_error* error);
  /* gives a Progress and an Execution of core/backend.h */
  int (*progress)(const es_population* population, uint64_t student, es_take_blob take, void* taker,
                  es_error* error);
  int (*execution)(const es_population* population, uint64_t student, es_take_blob take, void* taker,
                   es_error* error);
  /* data: [data_count], one set per student, null leaves a student out; results: [result_count], as many */
  int (*evaluate)(es_population* population, const es_dataset* const* data, uint64_t data_count,
                  es_evaluation* results, uint64_t result_count, es_stop_flag stop, es_error* error);
  /* outputs: [samples][N_out] of the population's dtype */
  int (*predict)(es_population* population, uint64_t student, const es_dataset* data, void* outputs,
                 es_error* error);
  /* removal_order: [order_count]; losses: [loss_count] */
  int (*pruning_curve)(es_population* population, uint64_t student, uint64_t layer,
                       const uint32_t* removal_order, uint64_t order_count, const es_dataset* data,
                       double* losses, uint64_t loss_count, es_stop_flag stop, es_error* error);
  /* block: a StateBlock; to, from: [layout size] of the population's dtype */
  int (*read)(const es_population* population, uint64_t student, uint32_t block, void* to, es_error* error);
  int (*write)(es_population* population, uint64_t student, uint32_t block, const void* from,
               es_error* error);
  /* update_count: [tensor_count], one per tensor of the layout */
  int (*counters)(const es_population* population, uint64_t student, uint64_t* step, uint64_t* update_count,
                  uint64_t tensor_count, es_error* error);
  int (*set_counters)(es_population* population, uint64_t student, uint64_t step,
                      const uint64_t* update_count, uint64_t tensor_count, es_error* error);
  /* gradient: [layout size] of the population's dtype */
  int (*gradient)(es_population* population, uint64_t student, const es_dataset* data, void* gradient,
                  double* data_loss, double* penalty, es_error* error);
  uint64_t (*bytes)(const es_population* population);

  /* Arrays of `count` float32 numbers on one device. */
  int (*array_create)(int32_t device, uint64_t count, es_array** array, es_error* error);
  void (*array_destroy)(es_array* array);
  int (*array_write)(es_array* array, const float* from, uint64_t count, es_error* error);
  int (*array_read)(const es_array* array, float* to, uint64_t count, es_error* error);
  /* milliseconds: on the device, between two events */
  int (*layer_forward)(const es_layer_forward* layer, double* milliseconds, es_error* error);
  int (*layer_backward)(const es_layer_backward* layer, double* milliseconds, es_error* error);
} es_cuda_table;

/* The only symbol of the library. The table is never freed; its first field is its version. */
typedef const es_cuda_table* (*es_cuda_interface_function)(void);
#define ES_CUDA_INTERFACE "es_cuda_interface"

#ifdef __cplusplus
}
#endif
