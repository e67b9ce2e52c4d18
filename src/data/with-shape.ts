import { EigenstudentError } from '../errors.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import { checkImageShape, type ImageShape, shapeText, sizeOfImage } from '../network/image-shape.js';

/**
 * The same samples as images [channels, height, width]: columns of a table, or an array of features, whose numbers stand channel
 * by channel and row by row. The arrays are shared.
 * @throws invalid_argument for what is no shape; data_mismatch when the samples have another number of inputs
 */
export function withShape(data: Dataset, shape: ImageShape): Dataset {
  checkDataset('data of withShape', data);
  const inputShape = checkImageShape('shape of withShape', shape);
  if (sizeOfImage(inputShape) !== data.inputCount)
    throw new EigenstudentError(
      'data_mismatch',
      `withShape: expected a shape of ${data.inputCount} numbers, as the samples have inputs, received ` +
        `${shapeText(inputShape)}, which are ${sizeOfImage(inputShape)}`,
    );
  return Dataset.create({ ...data.options(), inputShape });
}
