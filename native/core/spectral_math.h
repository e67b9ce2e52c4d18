// The spectral parametrisation of one layer (Giambagli et al., NeurIPS 2023, arXiv 2310.12612, section 2).
//
// A layer maps N_in nodes to N_out nodes. The adjacency matrix over all N_in + N_out nodes is A = Phi Lambda
// Phi^-1 with Phi = [[I, 0], [phi, I]], hence Phi^-1 = 2 I - Phi, and Lambda = diag(lambda_in, lambda_out).
// Its lower-left block carries the signal:
//
//   W_ij = (lambda_in_j - lambda_out_i) phi_ij                      phi: [N_out][N_in]
//
// With G = dL/dW, [N_out][N_in], G_ij = sum over the batch of delta_i x_j:
//
//   dL/dphi_ij       =  G_ij (lambda_in_j - lambda_out_i)
//   dL/dlambda_in_j  =  sum_i G_ij phi_ij
//   dL/dlambda_out_i = -sum_j G_ij phi_ij
#pragma once

#include "core/host_device.h"

namespace eigenstudent {

/// The factor between phi_ij and W_ij, which is also dW_ij/dphi_ij.
template <class T>
ES_HOST_DEVICE T spectral_gap(T lambda_in, T lambda_out) {
  return lambda_in - lambda_out;
}

/// W_ij.
template <class T>
ES_HOST_DEVICE T spectral_weight(T phi, T lambda_in, T lambda_out) {
  return spectral_gap(lambda_in, lambda_out) * phi;
}

/// Entry ij of dL/dphi.
template <class T>
ES_HOST_DEVICE T eigenvector_gradient(T G, T lambda_in, T lambda_out) {
  return G * spectral_gap(lambda_in, lambda_out);
}

/// What entry ij adds to dL/dlambda_in_j; dL/dlambda_out_i receives its negative.
template <class T>
ES_HOST_DEVICE T eigenvalue_gradient_term(T G, T phi) {
  return G * phi;
}

}  // namespace eigenstudent
