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
