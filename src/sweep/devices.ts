import type { DType } from '../native/dtype.js';
import { type ChosenDevice, chooseDevice, type DeviceOptions } from '../network/device.js';
import { valuesOf } from '../protocol/axes.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { dtypeOf } from '../protocol/place.js';

/**
 * The device for each dtype that the protocol has.
 * @throws as chooseDevice, for any of them
 */
export function chooseDevices(
  options: DeviceOptions,
  protocol: ProtocolDocument,
): (dtype: DType) => ChosenDevice {
  const dtypes = valuesOf(protocol, 'dtype').map((dtype) => dtypeOf({ dtype } as { dtype?: DType }));
  const chosen = new Map(dtypes.map((dtype) => [dtype, chooseDevice(options, dtype)]));
  return (dtype) => chosen.get(dtype) as ChosenDevice;
}
