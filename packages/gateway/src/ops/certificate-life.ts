/** How long a certificate is still good: an end that nobody saw coming keeps every client out. */
import { X509Certificate } from "node:crypto";

export interface CertificateLife {
  readonly fromMs: number;
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;
/** Whoever renews certificates has done so long before. */
const SOON_MS = 14 * DAY_MS;
/** Of a life that is itself short, this part counts as its end. */
const SOON_PART = 4;

const CERTIFICATE =
  /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[\s\S]+?-----END [A-Z0-9 ]*CERTIFICATE-----/g;

/** That of the whole chain in a file: good from its last beginning to its first end. */
export function certificateLife(pem: string): CertificateLife {
  const chain = (pem.match(CERTIFICATE) ?? [pem]).map((text) => new X509Certificate(text));
  return {
    fromMs: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    untilMs: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  };
}

/** Whether it should have been renewed by now. */
export function endsSoon({ fromMs, untilMs }: CertificateLife, nowMs: number): boolean {
  return untilMs - nowMs < Math.min(SOON_MS, (untilMs - fromMs) / SOON_PART);
}
