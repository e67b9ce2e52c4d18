/** The criteria by which units are ranked. */

/**
 * How the units i of a group of h are scored; phi_i and w_i are what enters unit i: the rows of a matrix, or the filters of a
 * convolution over all axes but the output channel.
 * - `L`: |lambda_out_i| ||phi_i||_2 sqrt(h), the paper's for spectral layers with eigenvaluesIn = 0 (arXiv 2310.12612)
 * - `M`: ||w_i||_2 sqrt(h), the paper's for direct training; w = W, the weights that the layer applies. With
 *   eigenvaluesIn = 0 it equals `L`
 * - `eigenvalue`: |lambda_out_i|, the criterion of "Spectral pruning of fully connected layers" (Sci. Rep. 2022). Batch norm
 *   after the layer takes any meaning from its size
 * - `weightNorm`: ||w_i||_2; like `M` without the factor that makes layers of different width comparable
 * - `relevance`: the formula of `M` for every kind of layer
 * - `l1`: ||w_i||_1 ("Pruning Filters for Efficient ConvNets", arXiv 1608.08710)
 * - `batchNormScale`: |scale_i| of the batch norm of the units, the mean where there are several (network slimming, arXiv
 *   1708.06519); of features behind a flatten, the mean over the places of the channel
 * - `random`: the control, from a seed; a criterion that is no better carries no information
 *
 * Where several layers make the units, as those that are added up in residual networks, a score is the mean of these layers'
 * scores. A depth-wise convolution does not make units: its filters are not scored.
 */
export const criteria = [
  'L',
  'M',
  'eigenvalue',
  'weightNorm',
  'relevance',
  'l1',
  'batchNormScale',
  'random',
] as const;
export type Criterion = (typeof criteria)[number];
/** Those that score each layer by itself. */
export type MemberCriterion = Exclude<Criterion, 'batchNormScale' | 'random'>;
