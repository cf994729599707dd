import { randomBytes } from 'node:crypto';
import { loadSettings } from '#config';
import { ApiKeysService, TakersService } from '#trading';
import type { DataSource } from 'typeorm';

export interface BenchTaker {
  takerId: string;
  address: string;
  keyId: string;
  apiKey: string;
}

/** Takers as the operator makes them, each with an address and a key. */
export async function createTakers(
  dataSource: DataSource,
  dataDir: string,
  count: number,
): Promise<BenchTaker[]> {
  const [takers, keys] = [
    new TakersService(dataSource),
    new ApiKeysService(dataSource, loadSettings({ DATA_DIR: dataDir })),
  ];
  const created: BenchTaker[] = [];
  for (let made = 0; made < count; made += 1) {
    const address = `0x${randomBytes(20).toString('hex')}`;
    const { takerId } = await takers.create(`bench ${address}`, [address]);
    const { keyId, apiKey } = await keys.create(takerId);
    created.push({ takerId, address, keyId, apiKey });
  }
  return created;
}
