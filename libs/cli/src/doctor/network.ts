import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readConfig } from '#client';
import { sentenceOf } from '../refusals.js';
import { VERSION } from '../version.js';
import type { Finding } from './finding.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** What the service allows a signature's and a login's time to be off. */
const TOLERATED_SKEW_MS = 5 * 60_000;
const WORRYING_SKEW_MS = 30_000;
const DAY_MS = 24 * 3_600_000;
const WORRYING_DAYS = 14;

/** Reads what the service says of itself: whether it is reached, its version, and its clock. */
export async function checkService(url: string): Promise<{ findings: Finding[]; skewMs?: number }> {
  const askedAt = Date.now();
  try {
    const { version, server_time, sandbox } = await readConfig({ url });
    const [answeredAt, serverTime] = [Date.now(), Date.parse(server_time)];
    const skewMs = serverTime - (askedAt + answeredAt) / 2;
    const found = `it answers at ${url} in ${answeredAt - askedAt} ms${sandbox ? ', and is a sandbox' : ''}`;
    return {
      skewMs,
      findings: [{ check: 'service', result: 'ok', found }, versionFinding(version), clockFinding(skewMs)],
    };
  } catch (error) {
    const remedy = 'nothing else can be checked until it answers';
    return { findings: [{ check: 'service', result: 'failed', found: sentenceOf(error), remedy }] };
  }
}

function versionFinding(service: string): Finding {
  const found = `service ${service}, this program ${VERSION}, Node ${process.versions.node}`;
  if (service === VERSION) return { check: 'versions', result: 'ok', found };
  return {
    check: 'versions',
    result: 'warning',
    found,
    remedy: 'use the program and the client of the service’s version',
  };
}

function clockFinding(skewMs: number): Finding {
  const check = 'clock';
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  const found = `this machine is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} the service; 300 s are tolerated`;
  if (Math.abs(skewMs) < WORRYING_SKEW_MS) return { check, result: 'ok', found };
  const result = Math.abs(skewMs) < TOLERATED_SKEW_MS ? 'warning' : 'failed';
  return { check, result, found, remedy: 'have the clock set by NTP (timedatectl set-ntp true)' };
}

/** Looks at how the way to the service is kept secret. */
export async function checkTls(url: string): Promise<Finding> {
  const check = 'TLS';
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:') {
    if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname))
      return { check, result: 'ok', found: 'none, and none is needed on one machine' };
    const found = 'none: keys, tokens and orders can be read on the way';
    return { check, result: 'warning', found, remedy: 'use https://; its proxy ends TLS' };
  }
  try {
    return await tlsFinding(new URL(url));
  } catch (error) {
    return { check, result: 'failed', found: sentenceOf(error), remedy: 'use http:// where there is no TLS' };
  }
}

async function tlsFinding({ hostname, port }: URL): Promise<Finding> {
  const check = 'TLS';
  const host = hostname.replace(/^\[|\]$/g, '');
  // what is wrong with a certificate is to be told, not to end the check
  const socket = connectTls({
    host,
    port: Number(port || 443),
    // names alone are told to who answers
    ...(!isIP(host) && { servername: host }),
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    const days = Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
    const found = `${socket.getProtocol()}, the certificate is good for ${days} days`;
    if (!socket.authorized) {
      const reason = `the certificate is not trusted: ${String(socket.authorizationError)}`;
      const remedy =
        'name the authority’s file in NODE_EXTRA_CA_CERTS, or have the certificate renewed or its name corrected';
      return { check, result: 'failed', found: reason, remedy };
    }
    if (days >= WORRYING_DAYS) return { check, result: 'ok', found };
    return { check, result: 'warning', found, remedy: 'have the certificate renewed' };
  } finally {
    socket.destroy();
  }
}

/** From which address this machine calls, before whatever translates it. */
export async function localAddressTo(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  const socket = connectTcp(Number(port || standard), hostname.replace(/^\[|\]$/g, ''));
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return socket.localAddress ?? 'unknown';
  } finally {
    socket.destroy();
  }
}
