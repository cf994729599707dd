import { JwtService, type JwtSignOptions } from '@nestjs/jwt';
import { MakersService } from '#trading';
import type { TestService } from './service.js';

type Signed = Pick<TestService, 'dataSource' | 'settings'>;

/** A token as the service makes it, with other claims where a test wants them. */
export async function tokenFor(
  { dataSource, settings }: Signed,
  wallet: string,
  claims: object = {},
  options: JwtSignOptions = {},
): Promise<string> {
  const { id: aud } = await new MakersService(dataSource).installation();
  const usual = { wallet_address: wallet, chain_id: String(settings.EIP712_CHAIN_ID), aud, generation: 0 };
  const all = { ...usual, ...claims };
  return new JwtService().sign(all, {
    secret: settings.JWT_SECRET,
    algorithm: 'HS256',
    ...('exp' in all ? {} : { expiresIn: '24h' }),
    ...options,
  });
}
