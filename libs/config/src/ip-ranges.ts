import { BlockList, isIP } from 'node:net';

const RANGE = /^([0-9a-fA-F.:]+)(?:\/(0|[1-9]\d{0,2}))?$/;
const BITS = { 4: 32, 6: 128 } as const;

interface IpRange {
  address: string;
  family: 'ipv4' | 'ipv6';
  prefix: number;
}

function parse(text: string): IpRange | undefined {
  const [, address = '', prefix] = RANGE.exec(text) ?? [];
  const version = isIP(address) as 0 | 4 | 6;
  if (version === 0) return undefined;
  const bits = BITS[version];
  const range = { address, family: `ipv${version}` as const, prefix: Number(prefix ?? bits) };
  return range.prefix <= bits ? range : undefined;
}

/** What a text must be to be a range, for messages. */
export const IP_RANGE_RULE = 'an IPv4 or IPv6 address or CIDR, such as 203.0.113.7 or 2001:db8::/32';

/** Whether a text is an IP address or a range of them in CIDR notation. */
export function isIpRange(text: string): boolean {
  return parse(text) !== undefined;
}

/** A test for addresses within any of these ranges; an IPv4-mapped IPv6 address counts as the IPv4 address. */
export function withinRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of ranges) {
    const { address, prefix, family } = parse(text)!;
    list.addSubnet(address, prefix, family);
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
}

const WITH_PORT = /^(?:\[([0-9a-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5})$/i;
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** The IP address in an entry of `X-Forwarded-For`, which may have a port; undefined for words and the like. */
export function addressIn(entry: string): string | undefined {
  const [, ipv6, ipv4] = WITH_PORT.exec(entry) ?? [];
  const address = ipv6 ?? ipv4 ?? entry;
  const [, mapped] = MAPPED.exec(address) ?? [];
  return isIP(mapped ?? address) === 0 ? undefined : (mapped ?? address);
}

/** What has one caller behind it: an IPv4 address, or the /64 that whoever has one IPv6 address usually has all of. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [
    string[],
    string[],
  ];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
