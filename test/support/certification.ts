import { certify, type CertificationReport, type CertifyOptions } from '../../libs/cli/src/index.js';

/** Quick, but not so quick that a busy machine takes part. */
const WAITS = {
  answerMs: 40_000,
  settleMs: 1_500,
  retryAfterSeconds: 2,
  latePushMs: 2_000,
  slowReplyMs: 4_000,
  keyRefusedMs: 4_000,
} as const;
const QUESTIONS = 40;

/** A sandbox in which nothing happens but what the runner does, and silence is short. */
export const SANDBOX_FOR_CERTIFY = {
  SANDBOX: 'on',
  SANDBOX_STEP_MS: '200',
  SANDBOX_ORDERS_PER_MINUTE: '0',
  CANCELLATION_TIMEOUT_SECONDS: '3',
  WORKER: 'inline',
};

/** Who is tried: connects once it knows where to. */
export interface Candidate {
  end(): Promise<unknown>;
}

/** Tries a bot at a test's pace. */
export async function certified(
  url: string,
  start: (runnerUrl: string) => Candidate,
  { waits, ...options }: Partial<CertifyOptions> = {},
): Promise<CertificationReport> {
  let bot: Candidate | undefined;
  try {
    return await certify({
      url,
      questions: QUESTIONS,
      waits: { ...WAITS, ...waits },
      onListening: (runnerUrl) => (bot = start(runnerUrl)),
      ...options,
    });
  } finally {
    await bot?.end();
  }
}

/** The rules with a verdict, and why, as a test's failure shows them. */
export function rulesWith(report: CertificationReport, verdict: string): Record<string, string> {
  const found = report.rules.filter((rule) => rule.verdict === verdict);
  return Object.fromEntries(found.map(({ name, reason }) => [name, reason]));
}
