import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { UsedSignature } from './api-key.entity.js';

/** The signatures of takers' requests, each of which works once. */
@Injectable()
export class UsedSignatures {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Uses a signature up; returns whether it had not been used before. */
  async useUp(mac: Buffer): Promise<boolean> {
    const { raw: inserted } = await this.dataSource
      .createQueryBuilder()
      .insert()
      .into(UsedSignature)
      .values({ mac })
      .orIgnore()
      .returning('mac')
      .execute();
    return (inserted as unknown[]).length > 0;
  }
}
