/** Values of a Parquet file as text and numbers: nothing is rounded that a reader of CSV would not round. */
import { types } from 'node:util';

/** A value that this package cannot use; the message is the "received ..." part of an error. */
export class UnreadableValue extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws UnreadableValue for bytes that are not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UnreadableValue(`bytes that are not valid UTF-8 (${hexOf(bytes)})`);
  }
}

/**
 * Text from bytes that the file does not declare to be text, as Spark and Hive once wrote.
 * @throws UnreadableValue for bytes that are not UTF-8 or contain control characters
 */
export function textOfBytes(bytes: Uint8Array): string {
  const control = bytes.some((byte) => byte < 0x20 || byte === 0x7f);
  if (control) throw new UnreadableValue(`bytes that are no text (${hexOf(bytes)})`);
  return textOf(bytes);
}

/** Bytes in a message. Arbitrary. */
const mostShown = 16;

function hexOf(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, mostShown)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > mostShown ? `${shown} ...` : shown;
}

/** RFC 9562. bytes: [16] */
export function uuidOf(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** @param unscaled a whole number, or one in two's complement, big-endian, of any length */
export function decimalText(unscaled: number | bigint | Uint8Array, scale: number): string {
  const whole = types.isUint8Array(unscaled) ? signedInteger(unscaled) : BigInt(unscaled);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = scale > 0 ? `.${digits.slice(point)}` : '';
  return `${whole < 0n ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}

function signedInteger(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, value);
}

/** The shortest decimal number that is this float32: 0.1, where a float64 would be 0.10000000149011612. */
export function float32Text(value: number): string {
  for (let digits = 1; digits < 9; ++digits) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** "2020-01-02". Years of four digits, so that texts sort as times do. */
export function dateText(days: number): string {
  const time = new Date(days * 86_400_000);
  const year = time.getUTCFullYear();
  if (year >= 0 && year <= 9999) return time.toISOString().slice(0, 10);
  throw new UnreadableValue(`a date outside the years 0 to 9999 (${days} days since 1970-01-01)`);
}

/** "10:30:00", or "10:30:00.25". units: since midnight */
export function timeText(units: bigint, unitsPerSecond: bigint): string {
  const seconds = units / unitsPerSecond;
  const two = (value: bigint) => String(value).padStart(2, '0');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  const places = String(unitsPerSecond).length - 1;
  const fraction = String(units % unitsPerSecond)
    .padStart(places, '0')
    .replace(/0+$/, '');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/**
 * ISO 8601: "2020-01-02" at midnight, else "2020-01-02T10:30:00" with a Z where the file says that times are UTC; without it
 * their time zone is not in the file. The time zone of this machine is not used.
 * @param units since 1970-01-01T00:00:00
 */
export function timestampText(units: bigint, unitsPerSecond: bigint, utc: boolean): string {
  const unitsPerDay = 86_400n * unitsPerSecond;
  const ofDay = ((units % unitsPerDay) + unitsPerDay) % unitsPerDay;
  const date = dateText(Number((units - ofDay) / unitsPerDay));
  return ofDay === 0n ? date : `${date}T${timeText(ofDay, unitsPerSecond)}${utc ? 'Z' : ''}`;
}
