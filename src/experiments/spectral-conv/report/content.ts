import type { PlainReport, ReportContent } from '../../../sweep/report-content.js';
export async function convReport(_: string, plain: () => Promise<PlainReport>): Promise<ReportContent> {
  return (await plain()).content;
}
