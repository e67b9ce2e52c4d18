/** Augmentation: images that are shifted and flipped at random while a student trains on them. */
import { flag, invalid, nonNegativeInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { NativeAugmentation } from '../native/addon.js';
import type { Dataset } from '../network/dataset.js';
import { type ImageShape, shapeText } from '../network/image-shape.js';
import { type OptionsOf, optional, optionsCheck } from '../options.js';

/** @internal */
export const checkAugmentation = optionsCheck({
  /** Pixels by which an image is moved at most, up or down and left or right, zeros moving in. Default 0. */
  shift: optional(nonNegativeInteger, 0),
  /** Whether left and right are exchanged with probability 1/2. Default false. */
  flip: optional(flag, false),
});
export interface Augmentation extends OptionsOf<typeof checkAugmentation> {}

/** Checked, with the shape of the images. */
export interface AugmentationPlan extends Required<Augmentation> {
  readonly inputShape: ImageShape;
}

/**
 * @param where names the student in errors
 * @returns undefined where nothing would change: a shift of 0 without flip
 * @throws data_mismatch for data that are not images; invalid_argument when a shift could leave nothing of an image
 */
export function planAugmentation(
  where: string,
  augmentation: Required<Augmentation> | undefined,
  data: Dataset,
): AugmentationPlan | undefined {
  if (!augmentation || (augmentation.shift === 0 && !augmentation.flip)) return undefined;
  const { inputShape } = data;
  if (!inputShape)
    throw new EigenstudentError(
      'data_mismatch',
      `${where}: expected data with images for augment, received ${data.inputCount} features per sample. Give them ` +
        'their shape: withShape(data, [channels, height, width])',
    );
  const [, height, width] = inputShape;
  if (augmentation.shift >= Math.min(height, width))
    throw invalid(
      `shift of augment of ${where}`,
      `fewer pixels than the images of ${shapeText(inputShape)} have rows and columns`,
      augmentation.shift,
    );
  return { ...augmentation, inputShape };
}

/** The plan in the form of native code. */
export function toNativeAugmentation({ shift, flip, inputShape }: AugmentationPlan): NativeAugmentation {
  const [channels, height, width] = inputShape;
  return { shift, flip, channels, height, width };
}

/** @throws data_mismatch unless other data for a student that is trained with augment have images of the same shape */
export function checkAugmentable(where: string, plan: AugmentationPlan | undefined, data: Dataset): void {
  if (!plan || String(data.inputShape) === String(plan.inputShape)) return;
  const received = data.inputShape ? `images of ${shapeText(data.inputShape)}` : 'no images';
  throw new EigenstudentError(
    'data_mismatch',
    `${where}: expected data with images of ${shapeText(plan.inputShape)} for augment, received ${received}`,
  );
}
