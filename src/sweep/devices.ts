import { type ChosenDevice, chooseDevice, type DeviceOptions } from '../network/device.js';
import { valuesOf } from '../protocol/axes.js';
import type { Protocol } from '../protocol/protocol-schema.js';
import type { TrialProtocol } from '../protocol/trials.js';

type DType = TrialProtocol['dtype'];

/**
 * The device for each dtype that the protocol has.
 * @throws as chooseDevice, for any of them
 */
export function chooseDevices(options: DeviceOptions, protocol: Protocol): (dtype: DType) => ChosenDevice {
  const dtypes = valuesOf(protocol, 'dtype') as readonly DType[];
  const { device, devices } = options;
  const wanted = { ...(device && { device }), ...(devices && { devices }) };
  const chosen = new Map(dtypes.map((dtype) => [dtype, chooseDevice(wanted, dtype)]));
  return (dtype) => chosen.get(dtype) as ChosenDevice;
}
