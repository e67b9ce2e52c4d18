/** Groups of finished trials that differ in nothing but their index, as the report has them. */
import { summarize } from '../../../analysis/summary.js';
import { type SettingColumn, settingColumns, settingsOf } from '../../../protocol/settings.js';
import type { FinishedRecord } from '../../../runs/record.js';
import { groupRecords } from '../../../runs/summary.js';
import type { PlainReport } from '../../../sweep/report-content.js';
import { criterionNames } from '../protocol/criteria.js';
import type { ArmName, ConvProtocol } from '../protocol/schema.js';

export interface ConvGroup {
  readonly arm: ArmName;
  /** "l2Eigenvalues 0.01": what distinguishes it from other groups of the arm; empty where the run varies nothing. */
  readonly setting: string;
  readonly shares: readonly number[];
  readonly channels: readonly number[];
  readonly images: number;
  /** Whether accuracies are those on images of validation. */
  readonly validation: boolean;
  readonly trials: readonly FinishedRecord[];
}

export function groupsOf({ content, finished }: PlainReport): ConvGroup[] {
  const settings = settingsOf(content.protocol);
  const columns = settingColumns(finished.map(({ protocol }) => settings(protocol)));
  return groupRecords(finished).map((trials) => {
    const protocol = (trials[0] as FinishedRecord).protocol as unknown as ConvProtocol;
    const { arm, shares, channels, data } = protocol;
    const setting = settingText(columns, settings(protocol));
    const measured = { images: data.test, validation: data.measure === 'validation' };
    return { arm: arm.name, setting, shares, channels, ...measured, trials };
  });
}

function settingText(columns: readonly SettingColumn[], settings: object): string {
  return columns
    .map(({ name, cell }) => [name, cell(settings as never)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** Names of the curves that the trials of a group have: a criterion, and with measured statistics. */
export function curveNames({ trials }: ConvGroup): string[] {
  const names = criterionNames.flatMap((name) => [name, `${name}Recalibrated`]);
  return names.filter((name) => trials.every(({ scalars }) => Array.isArray(scalars[name])));
}

/** Accuracies of the trials at a share, by its index; NaN for a curve that the trials do not have. */
export function accuraciesAt({ trials }: ConvGroup, curve: string, share: number): number[] {
  return trials.map(
    ({ scalars }) => (scalars[curve] as readonly number[] | undefined)?.[share] ?? Number.NaN,
  );
}

export function meanAt(group: ConvGroup, curve: string, share: number): number {
  return summarize(accuraciesAt(group, curve, share)).mean;
}

/** Index of the share that is nearest to a half. */
export function half({ shares }: ConvGroup): number {
  const distance = shares.map((share) => Math.abs(share - 0.5));
  return distance.indexOf(Math.min(...distance));
}

/** "37.5 %" */
export function percent(value: number, digits = 1): string {
  return `${Number((100 * value).toFixed(digits))} %`;
}
