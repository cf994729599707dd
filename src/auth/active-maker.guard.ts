import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { MakersService } from '#trading';
import { ApiError } from '../http/refusals/api-errors.js';
import { requestOf } from './callers.js';

/** Lets active makers alone pass; behind the MakerGuard, for what adds to the desk's work. */
@Injectable()
export class ActiveMakerGuard implements CanActivate {
  constructor(private readonly makers: MakersService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { status } = await this.makers.accessOf(requestOf(context).maker!.wallet);
    if (status === 'active') return true;
    throw new ApiError(
      'ACCOUNT_SUSPENDED',
      `the maker's status is ${status}: only an active one may place orders; cancelling goes on working`,
    );
  }
}
