// The matrix products of a training step, and nothing else, by OpenBLAS on one thread; or one large product.
//
//   openblas_products --batch B N_in N_1 ... N_L     a repeat is one step; protocol of bench/peer-process.ts
//   openblas_products --square N                     a repeat is one product of N x N matrices
//   openblas_products --probe                        exit code 0 where OpenBLAS is found, else a message
//
// Forward z = x W^T of each layer, gradient G = delta^T x of each, and delta of the layer below = delta W of all but the
// first. OpenBLAS is opened at run time, so that neither headers nor a development package are needed.
#include <dlfcn.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

// From CBLAS's interface: row-major matrices, the two ways to read one.
enum CblasOrder { row_major = 101 };
enum CblasTranspose { as_is = 111, transposed = 112 };
using Sgemm = void (*)(CblasOrder, CblasTranspose, CblasTranspose, int m, int n, int k, float alpha,
                       const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
using SetThreads = void (*)(int);
using GetConfig = const char* (*)();

struct Openblas {
  Sgemm sgemm = nullptr;
  const char* config = "";
  const char* kernels = "";  // the processor whose kernels it chose
};

static Openblas open_openblas() {
  void* library = dlopen("libopenblas.so.0", RTLD_NOW);
  if (library == nullptr) library = dlopen("libopenblas.so", RTLD_NOW);
  Openblas openblas;
  if (library == nullptr) return openblas;
  openblas.sgemm = reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
  if (const auto threads = reinterpret_cast<SetThreads>(dlsym(library, "openblas_set_num_threads")))
    threads(1);
  if (const auto config = reinterpret_cast<GetConfig>(dlsym(library, "openblas_get_config")))
    openblas.config = config();
  if (const auto kernels = reinterpret_cast<GetConfig>(dlsym(library, "openblas_get_corename")))
    openblas.kernels = kernels();
  return openblas;
}

/// One layer's matrices, row-major.
struct Layer {
  int inputs, outputs;
  std::vector<float> w, g;      // [outputs][inputs]
  std::vector<float> x;         // [batch][inputs]
  std::vector<float> z, delta;  // [batch][outputs]
};

static std::vector<float> filled(int rows, int columns) {
  std::vector<float> values(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  // no value that a processor treats apart: neither zero nor denormal
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.01f * static_cast<float>(1 + i % 7) - 0.035f;
  return values;
}

static void step(const Openblas& blas, std::vector<Layer>& layers, int batch) {
  for (Layer& l : layers)
    blas.sgemm(row_major, as_is, transposed, batch, l.outputs, l.inputs, 1, l.x.data(), l.inputs, l.w.data(),
               l.inputs, 0, l.z.data(), l.outputs);
  for (std::size_t i = layers.size(); i-- > 0;) {
    Layer& l = layers[i];
    blas.sgemm(row_major, transposed, as_is, l.outputs, l.inputs, batch, 1, l.delta.data(), l.outputs,
               l.x.data(), l.inputs, 0, l.g.data(), l.inputs);
    if (i > 0)
      blas.sgemm(row_major, as_is, as_is, batch, l.inputs, l.outputs, 1, l.delta.data(), l.outputs,
                 l.w.data(), l.inputs, 0, layers[i - 1].delta.data(), l.inputs);
  }
}

static void serve(const Openblas& blas, const std::function<void()>& work) {
  std::printf("{\"openblas\": \"%s\", \"kernels\": \"%s\"}\n", blas.config, blas.kernels);
  std::fflush(stdout);
  for (long repeats = 0; std::scanf("%ld", &repeats) == 1;) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < repeats; ++i) work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("{\"seconds\": %.9f}\n", elapsed.count());
    std::fflush(stdout);
  }
}

int main(int count, char** arguments) {
  const Openblas blas = open_openblas();
  if (blas.sgemm == nullptr) {
    std::fputs("libopenblas.so.0 was not found, or has no cblas_sgemm (Debian: libopenblas0-pthread)\n",
               stderr);
    return 1;
  }
  if (count == 2 && std::strcmp(arguments[1], "--probe") == 0) return 0;
  if (count == 3 && std::strcmp(arguments[1], "--square") == 0) {
    const int n = std::atoi(arguments[2]);
    const std::vector<float> a = filled(n, n), b = filled(n, n);
    std::vector<float> c = filled(n, n);
    serve(blas,
          [&] { blas.sgemm(row_major, as_is, as_is, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n); });
    return 0;
  }
  if (count < 5 || std::strcmp(arguments[1], "--batch") != 0) {
    std::fputs("usage: openblas_products --batch B N_in N_1 ... N_L | --square N\n", stderr);
    return 2;
  }
  const int batch = std::atoi(arguments[2]);
  std::vector<Layer> layers;
  for (int i = 4; i < count; ++i) {
    const int inputs = std::atoi(arguments[i - 1]), outputs = std::atoi(arguments[i]);
    layers.push_back({inputs, outputs, filled(outputs, inputs), filled(outputs, inputs),
                      filled(batch, inputs), filled(batch, outputs), filled(batch, outputs)});
  }
  serve(blas, [&] { step(blas, layers, batch); });
}
